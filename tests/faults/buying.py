"""Buyers who purchase while parts fail: the answers they get, and the end that must follow from them.

Everything goes through nginx. A purchase notes only what was acknowledged; `settle` waits for the ends.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import uuid4

from tests.eventually import attempts
from tests.faults.patient import PASSING, Patient
from tests.marquee.running import Client

ORDER_OVER = frozenset({"EXPIRED", "FAILED", "CANCELLED"})
SOLD = frozenset({"CONFIRMED", "PARTIALLY_REFUNDED", "REFUNDED"})
RETURNED = frozenset({"REFUNDED", "PARTIALLY_REFUNDED"})
PAYMENT_MOVING = frozenset({"CREATED", "AUTHORIZED", "UNKNOWN"})
SEATS_EACH = 2
_BEST = "query ($id: ID!, $n: Int!) { showtime(id: $id) { bestAvailable(count: $n) { id } } }"
_ORDER = """query ($id: ID!, $token: String) { order(id: $id, accessToken: $token) {
  id number status total { amount currency } bookingFee { amount } tickets { id status qrCode seat { id } }
  payment { id status amount { amount } refunded { amount } } } }"""
_PAYMENT = "payment { id status amount { amount currency } }"
_CHOOSE_AGAIN = frozenset({"SEATS_UNAVAILABLE", "LONELY_SEAT", "HOLD_EXPIRED"})


@dataclass(slots=True)
class Purchase:
    """What one buyer tried, and the answers to it."""

    buyer: Patient
    email: str
    showtime_id: str
    card: str
    wanted: Sequence[str] = ()
    """These seats or none; else the best there are."""
    hold: Any = None
    order: Any = None
    payment: Any = None
    """The payment as it was answered last."""
    cancelled: bool = False
    """The cancellation of the whole order was acknowledged."""
    seats: frozenset[str] = frozenset()
    refused: str = ""
    """The last code with which the purchase was ended by the cinema."""
    found: Any = None
    """The order as `settle` found it in the end."""

    @property
    def acknowledged(self) -> bool:
        """True if an answer said that the money was taken."""
        return self.payment is not None and self.payment["status"] == "CAPTURED"

    @property
    def is_guest(self) -> bool:
        return self.buyer.client.token is None

    async def make(self, *, cancel: bool = False) -> None:
        """Hold, order and pay; then perhaps cancel."""
        await self.place()
        if self.order is not None:
            await self.pay()
        if cancel and self.acknowledged:
            await self._cancel()

    async def place(self) -> None:
        """Hold and order."""
        await self._hold()
        if self.hold is None:
            return
        given = {"holdToken": self.hold["token"], "idempotencyKey": str(uuid4())}
        if self.is_guest:
            given["email"] = self.email
        selection = "order { id number status accessToken total { amount currency } tickets { id } }"
        placed = await self.buyer.do("placeOrder", selection, **given)
        if placed["order"] is None:
            self.refused = placed["errors"][0]["code"]
            return
        self.order = placed["order"]

    async def _hold(self) -> None:
        """Take the best seats; others may be faster, so several times."""
        for _ in range(1 if self.wanted else 20):
            seats = list(self.wanted or await self._best())
            if not seats:
                self.refused = "SOLD_OUT"
                return
            payload = await self.buyer.do(
                "holdSeats",
                "hold { id token seats { id } }",
                showtimeId=self.showtime_id,
                seatIds=seats,
                idempotencyKey=str(uuid4()),
            )
            if payload["hold"]:
                self.hold = payload["hold"]
                self.seats = frozenset(seat["id"] for seat in self.hold["seats"])
                return
            self.refused = payload["errors"][0]["code"]
            assert self.refused in _CHOOSE_AGAIN, payload

    async def _best(self) -> list[str]:
        found = await self.buyer.get(_BEST, id=self.showtime_id, n=SEATS_EACH)
        return [seat["id"] for seat in found["showtime"]["bestAvailable"]]

    async def pay(self) -> None:
        """Pay with one key until the outcome is known, or the order can be paid no more."""
        key = str(uuid4())
        async with asyncio.timeout(self.buyer.give_up_seconds):
            async for _ in attempts(every=0.2):
                paid = await self.buyer.do(
                    "payOrder",
                    _PAYMENT,
                    orderId=self.order["id"],
                    paymentMethod=self.card,
                    idempotencyKey=key,
                )
                self.payment = paid["payment"] or self.payment
                codes = {error["code"] for error in paid["errors"]}
                if self.payment is not None and self.payment["status"] not in PAYMENT_MOVING:
                    self.refused = "".join(codes)
                    return
                if self.payment is None and codes == {"ORDER_NOT_PAYABLE"}:
                    status = (await self.look())["status"]
                    if status != "PENDING_PAYMENT":
                        self.refused = f"ORDER_{status}"
                        return

    async def _cancel(self) -> None:
        given = {"orderId": self.order["id"], "idempotencyKey": str(uuid4())}
        if self.is_guest:
            given["accessToken"] = self.order["accessToken"]
        payload = await self.buyer.do("cancelOrder", "order { id status }", **given)
        assert payload["errors"] == [], payload
        self.cancelled = True

    async def look(self) -> Any:
        """The order as it is now."""
        token = self.order["accessToken"]
        return (await self.buyer.get(_ORDER, id=self.order["id"], token=token))["order"]

    def has_ended(self) -> bool:
        """Whether nothing more will happen by itself."""
        order = self.found
        if order is None:
            return False
        payment = order["payment"]
        if self.cancelled and (payment["status"] not in RETURNED or order["status"] != "REFUNDED"):
            return False  # an order and its tickets may be read a moment apart
        if order["status"] in ORDER_OVER:
            return payment is None or payment["status"] in ("FAILED", "VOIDED", "REFUNDED")
        if order["status"] == "PENDING_PAYMENT":  # the hold lives, and nothing is charged
            return payment is None or payment["status"] in ("FAILED", "VOIDED")
        if any(ticket["status"] == "REFUND_PENDING" for ticket in order["tickets"]):
            return False
        return payment is not None and payment["status"] not in (PAYMENT_MOVING | {"VOIDED"})


@dataclass(slots=True)
class Crowd:
    """Buyers and their purchases."""

    stack_url: str
    session: Any
    troubles: Counter[str] = field(default_factory=Counter)
    give_up_seconds: float = 60.0
    passing: frozenset[str] = PASSING
    members: list[tuple[Patient, str]] = field(default_factory=list)
    purchases: list[Purchase] = field(default_factory=list)

    async def register(self, count: int) -> None:
        """People with an account and a membership."""

        async def one() -> None:
            email = f"{uuid4().hex[:12]}@faults.example.com"
            guest = Client(self.session, self.stack_url)
            member = await guest.register(email)
            await member.get("mutation { joinLoyalty { membership { id } } }")
            self.members.append((self._patient(member), email))

        await asyncio.gather(*(one() for _ in range(count)))

    def again(self) -> Crowd:
        """The same people, with nothing bought yet."""
        crowd = Crowd(self.stack_url, self.session)
        crowd.members = [(crowd._patient(buyer.client), email) for buyer, email in self.members]
        return crowd

    def expect(self, *codes: str) -> None:
        """Let every buyer retry after these codes, too."""
        self.passing |= set(codes)
        for buyer, _ in self.members:
            buyer.passing = self.passing

    def ends(self) -> list[str]:
        """How each purchase ended, and what was met, for a test that failed."""
        ends = [each.payment["status"] if each.payment else each.refused for each in self.purchases]
        return [*ends, str(dict(self.troubles))]

    def _patient(self, client: Client) -> Patient:
        return Patient(client, self.give_up_seconds, self.troubles, self.passing)

    def purchase(
        self,
        number: int,
        showtime_ids: Sequence[str],
        card: str = "pm_card_visa",
        wanted: Sequence[str] = (),
    ) -> Purchase:
        """The next purchase: a guest's when the number is odd."""
        showtime_id = showtime_ids[number % len(showtime_ids)]
        if number % 2 or not self.members:
            email = f"{uuid4().hex[:12]}@guests.example.com"
            buyer = self._patient(Client(self.session, self.stack_url))
        else:
            buyer, email = self.members[(number // 2) % len(self.members)]
        made = Purchase(buyer, email, showtime_id, card, wanted)
        self.purchases.append(made)
        return made

    async def buy(self, count: int, showtime_ids: Sequence[str], **changes: Any) -> list[Purchase]:
        """So many purchases at once, every fifth of which is cancelled afterwards."""
        made = [self.purchase(number, showtime_ids, **changes) for number in range(count)]
        await asyncio.gather(*(each.make(cancel=place % 5 == 4) for place, each in enumerate(made)))
        return made

    async def settle(self, seconds: float = 75.0) -> None:
        """Wait until every purchase has come to its end, and check the ends."""
        try:
            async with asyncio.timeout(seconds):
                await asyncio.gather(*(self._end_of(each) for each in self.purchases if each.order))
        except TimeoutError:
            stuck = [each.found for each in self.purchases if each.order and not each.has_ended()]
            raise AssertionError(f"purchases without an end: {stuck[:5]}, {dict(self.troubles)}") from None
        for each in self.purchases:
            if each.order is not None:
                check_end(each)
        sold = Counter(
            ticket["seat"]["id"]
            for each in self.purchases
            if each.found
            for ticket in each.found["tickets"]
            if ticket["status"] == "VALID"
        )
        assert set(sold.values()) <= {1}, f"sold twice: {[seat for seat, times in sold.items() if times > 1]}"

    async def _end_of(self, purchase: Purchase) -> None:
        async for _ in attempts(every=0.3):
            purchase.found = await purchase.look()
            if purchase.has_ended():
                return


def check_end(purchase: Purchase) -> None:
    """The end of a purchase is consistent, and agrees with the answers to its buyer."""
    order = purchase.found
    payment = order["payment"]
    tickets = [ticket["status"] for ticket in order["tickets"]]
    if purchase.cancelled:
        assert order["status"] == "REFUNDED", order
        whole, fee = Decimal(payment["amount"]["amount"]), Decimal(order["bookingFee"]["amount"])
        assert Decimal(payment["refunded"]["amount"]) in (whole, whole - fee), order
        assert set(tickets) == {"REFUNDED"}, order
    elif purchase.acknowledged:
        assert order["status"] == "CONFIRMED", ("acknowledged and lost", purchase.payment, order)
        assert payment["id"] == purchase.payment["id"], order
        assert payment["status"] == "CAPTURED", order
        assert payment["amount"]["amount"] == purchase.payment["amount"]["amount"] == order["total"]["amount"]
        assert tickets == ["VALID"] * len(purchase.seats), order
        assert all(ticket["qrCode"].startswith("MQ1:") for ticket in order["tickets"]), order
        assert {ticket["seat"]["id"] for ticket in order["tickets"]} == purchase.seats, order
    elif order["status"] == "CONFIRMED":
        assert payment["status"] == "CAPTURED", order
        assert tickets == ["VALID"] * len(purchase.seats), order
    else:
        assert payment is None or payment["status"] in ("FAILED", "VOIDED", "REFUNDED"), order
        assert "VALID" not in tickets, order
