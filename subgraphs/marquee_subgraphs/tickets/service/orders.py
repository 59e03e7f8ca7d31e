"""Orders: an order is made of a hold. Its price is computed and frozen, and its voucher taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from marquee_subgraphs.kit.database import Connection, Transaction
from marquee_subgraphs.kit.idempotency import Answered, fingerprint
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.kit.locale import Locale
from marquee_subgraphs.kit.money import Currency, Money
from marquee_subgraphs.kit.refusals import InvalidInput, NotFound
from marquee_subgraphs.kit.validation import InputCheck
from marquee_subgraphs.tickets.domain import seating
from marquee_subgraphs.tickets.domain.codes import make_token, new_order_number, read_token
from marquee_subgraphs.tickets.domain.holds import Hold
from marquee_subgraphs.tickets.domain.identifiers import is_askable
from marquee_subgraphs.tickets.domain.layout import SeatKind
from marquee_subgraphs.tickets.domain.orders import Order, OrderStatus
from marquee_subgraphs.tickets.domain.pricing import Price, price_order
from marquee_subgraphs.tickets.domain.seat_states import count_of_user
from marquee_subgraphs.tickets.domain.showtimes import Showtime
from marquee_subgraphs.tickets.domain.vouchers import Voucher
from marquee_subgraphs.tickets.errors import HoldExpired, SalesClosed, TooManySeats, VoucherInvalid
from marquee_subgraphs.tickets.events.published import OrderPlaced, VoucherUsed
from marquee_subgraphs.tickets.service.holds import require_live
from marquee_subgraphs.tickets.service.requested_seats import labels_of, require_seats
from marquee_subgraphs.tickets.service.resources import Resources
from marquee_subgraphs.tickets.service.sale import Sale, Unsold

_VOUCHER_MOST = 64


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """A new order; a guest gets the token that is the right to see it."""

    order: Order
    access_token: str | None


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """The input of `placeOrder`, checked for form."""

    hold_id: str
    email: str | None
    locale: Locale
    voucher: str | None
    idempotency_key: str


class Orders:
    """The use cases `placeOrder` and `Showtime.quote`."""

    def __init__(self, resources: Resources, sale: Sale) -> None:
        self._resources = resources
        self._sale = sale
        self._store = resources.store
        self._database = resources.backend.database

    def read_request(
        self,
        *,
        hold_token: str,
        email: str | None,
        locale: Locale | None,
        voucher: str | None,
        idempotency_key: str,
    ) -> OrderRequest:
        """Check the form of an input. Raises `InvalidInputs`, `HoldExpired`."""
        hold_id = read_token(self._resources.key, hold_token)
        with InputCheck() as check:
            key = check.idempotency_key(idempotency_key)
            cleaned = None if email is None or not email.strip() else check.email("email", email)
            code = check.optional_text("voucher", voucher, most=_VOUCHER_MOST)
        if hold_id is None:
            raise HoldExpired
        return OrderRequest(hold_id, cleaned, locale or Locale.ES, code, key)

    async def place(self, viewer: Viewer, request: OrderRequest) -> PlacedOrder:
        """Make an order of a hold. One whose total is zero is sold at once.

        Raises `HoldExpired`, `HoldOrdered`, `SalesClosed`, `TooManySeats`, `VoucherInvalid`,
        `InvalidInput` (a guest without an email), `IdempotencyConflict`.
        """

        async def work(tx: Transaction) -> PlacedOrder:
            known = await self._resources.backend.idempotency.run(
                tx,
                key=request.idempotency_key,
                scope=f"{viewer.user_id or request.hold_id}:placeOrder",
                fingerprint=fingerprint([request.hold_id, request.email, request.locale, request.voucher]),
            )
            if isinstance(known, Answered):
                orders = await self._store.orders.find_many(tx, [known.answer])
                return self._placed(orders[known.answer])
            order = await self._make(tx, viewer, request)
            await known.store(tx, order.id)
            return self._placed(order)

        return await self._database.run(work)

    async def _make(self, tx: Transaction, viewer: Viewer, request: OrderRequest) -> Order:
        now = self._resources.now()
        hold = require_live(await self._store.holds.lock(tx, request.hold_id), viewer, now)
        user_id = viewer.user_id
        if user_id is None and request.email is None:
            raise InvalidInput("is needed to send you the tickets", ["input", "email"])
        showtime = await self._store.showtimes.find(tx, hold.showtime_id)
        assert showtime is not None, "a hold is for a showtime that is known"
        if not showtime.sells_at(now):
            raise SalesClosed
        seats = await self._held_seats(tx, hold)
        # Held as a guest, then signed in: the seats become the customer's and count for their limit.
        if user_id is not None and hold.user_id is None:
            await self._adopt(tx, hold, user_id, len(seats), now)
        tier = await self._tier_of(tx, user_id)
        voucher = None
        if request.voucher is not None:
            voucher = await self._usable_voucher(
                tx, request.voucher, user_id, showtime.base_price.currency, now
            )
        price = price_order(showtime, seats, tier=tier, voucher=voucher)
        order = _new_order(request, hold, showtime, price, user_id, now)
        # The statement is the guard: of two orders that take the voucher at once, one finds it used.
        if voucher is not None and not await self._store.vouchers.use(
            tx, code=voucher.code, user_id=voucher.user_id, order_id=order.id, now=now
        ):
            raise VoucherInvalid("This voucher has been used.")
        await self._store.orders.save(tx, order)
        await self._store.holds.update(tx, hold.id, order_id=order.id)
        outbox = self._resources.backend.outbox
        await outbox.add(tx, OrderPlaced.of(order, showtime), aggregate_id=order.id)
        if voucher is not None:
            used = VoucherUsed(code=voucher.code, user_id=voucher.user_id, order_id=order.id)
            await outbox.add(tx, used, aggregate_id=voucher.code)
        self._resources.notify_order(tx, order.id)
        if not order.total.is_zero:
            return order
        # Nothing to pay: vouchers or member discounts cover all.
        sold = await self._sale.sell(tx, order, payment_id=None, cause=None)
        if isinstance(sold, Unsold):
            raise HoldExpired
        return sold

    async def _adopt(self, tx: Transaction, hold: Hold, user_id: str, seat_count: int, now: datetime) -> None:
        """Give a guest's hold to the customer who has signed in since; it counts for their limit of seats."""
        await self._resources.lock_showtime(tx, hold.showtime_id)
        states = await self._store.seats.states_near(
            tx, showtime_id=hold.showtime_id, labels=[], hold_id=None, user_id=user_id
        )
        if count_of_user(states.values(), user_id, now) + seat_count > seating.MAX_SEATS:
            raise TooManySeats(seating.MAX_SEATS)
        await self._store.holds.adopt(tx, showtime_id=hold.showtime_id, hold_id=hold.id, user_id=user_id)

    async def _held_seats(self, tx: Transaction, hold: Hold) -> list[tuple[str, SeatKind]]:
        held = await self._store.seats.held_labels(tx, showtime_id=hold.showtime_id, hold_id=hold.id)
        layout = await self._resources.layouts.of_one(tx, hold.showtime_id)
        labels = layout.sort(held)
        if not labels:
            raise HoldExpired
        return [(label, layout[label].kind) for label in labels]

    async def _tier_of(self, connection: Connection, user_id: str | None) -> str | None:
        return None if user_id is None else await self._store.customers.find_tier(connection, user_id)

    async def _usable_voucher(
        self, connection: Connection, code: str, user_id: str | None, currency: Currency, now: datetime
    ) -> Voucher:
        voucher = await self._store.vouchers.find(connection, code)
        problem = (
            "There is no such voucher for you."
            if voucher is None
            else voucher.why_not(user_id=user_id, currency=currency, now=now)
        )
        if voucher is None or problem is not None:
            raise VoucherInvalid(problem or "")
        return voucher

    def _placed(self, order: Order) -> PlacedOrder:
        token = make_token(self._resources.key, order.id) if order.user_id is None else None
        return PlacedOrder(order, token)

    async def quote(
        self,
        viewer: Viewer,
        *,
        showtime_id: str,
        base_price: Money,
        seat_ids: Sequence[str],
        voucher_code: str | None,
    ) -> Price:
        """Return what an order of these seats would cost this viewer now; nothing is held or promised.

        Raises `InvalidInput`, `TooManySeats`, `NotFound`, `VoucherInvalid`.
        """
        now = self._resources.now()
        labels = labels_of(seat_ids, showtime_id, most=seating.MAX_SEATS)
        async with self._database.read() as connection:
            showtime = await self._store.showtimes.find(connection, showtime_id)
            if showtime is None:
                raise NotFound("There is no such showtime.")
            layout = await self._resources.layouts.of_one(connection, showtime_id)
            labels = require_seats(layout, labels)
            tier = (
                None
                if viewer.user_id is None
                else await self._store.customers.find_tier(connection, viewer.user_id)
            )
            voucher = None
            if voucher_code is not None:
                if not is_askable(voucher_code):
                    raise VoucherInvalid
                voucher = await self._usable_voucher(
                    connection, voucher_code, viewer.user_id, base_price.currency, now
                )
        priced = replace(showtime, base_price=base_price)
        seats = [(label, layout[label].kind) for label in labels]
        return price_order(priced, seats, tier=tier, voucher=voucher)


def _new_order(
    request: OrderRequest, hold: Hold, showtime: Showtime, price: Price, user_id: str | None, now: datetime
) -> Order:
    return Order(
        id=new_id("ord", now),
        number=new_order_number(),
        hold_id=hold.id,
        showtime_id=showtime.id,
        cinema_id=showtime.cinema_id,
        movie_id=showtime.movie_id,
        user_id=user_id,
        email=request.email,
        locale=request.locale.value,
        status=OrderStatus.PENDING_PAYMENT,
        subtotal=price.subtotal,
        discount=price.discount,
        booking_fee=price.booking_fee,
        tax=price.tax,
        total=price.total,
        refunded=Money.zero(price.total.currency),
        seats=price.seats,
        lines=price.lines,
        voucher_code=request.voucher,
        placed_at=now,
        expires_at=hold.expires_at,
        payment_id=None,
        is_captured=False,
        failure_reason=None,
    )
