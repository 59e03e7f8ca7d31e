"""Giving tickets back: by the customer, by staff, or because a showtime is cancelled.

Tickets decides and marks; payments executes and reports; only then are the seats free again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.events import Envelope
from marquee_subgraphs.kit.idempotency import Answered, fingerprint
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.kit.refusals import InvalidInput, NotFound
from marquee_subgraphs.kit.validation import InputCheck
from marquee_subgraphs.tickets import store
from marquee_subgraphs.tickets.domain.codes import read_token
from marquee_subgraphs.tickets.domain.identifiers import is_askable
from marquee_subgraphs.tickets.domain.orders import SOLD, Order, OrderStatus, Ticket, TicketStatus, step
from marquee_subgraphs.tickets.domain.refunds import Refund, RefundableTicket, RefundOption, refund_options
from marquee_subgraphs.tickets.domain.showtimes import Showtime
from marquee_subgraphs.tickets.errors import OrderNotCancellable
from marquee_subgraphs.tickets.service.box_office import BoxOffice, role_of
from marquee_subgraphs.tickets.service.sale import advance, end_order, end_unpaid

SCOPE_REFUND: Final = "refunds:write"
_LIVE: Final = frozenset({TicketStatus.VALID, TicketStatus.CHECKED_IN, TicketStatus.REFUND_PENDING})


def refundable(tickets: Sequence[Ticket]) -> list[RefundableTicket]:
    """Return what was paid for those tickets that may be given back."""
    return [
        RefundableTicket(ticket.id, ticket.net, ticket.fee)
        for ticket in tickets
        if ticket.status is TicketStatus.VALID
    ]


def options_for(
    order: Order, tickets: Sequence[Ticket], showtime: Showtime, *, pending: int, office: BoxOffice
) -> list[RefundOption]:
    """Return what giving these tickets back is worth from now on."""
    if order.status not in SOLD or showtime.is_cancelled:
        return []
    return refund_options(
        refundable(tickets),
        starts_at=showtime.starts_at,
        still_paid=order.still_paid - pending,
        now=office.clock.now(),
    )


class Refunds:
    """The use case `cancelOrder`."""

    def __init__(self, office: BoxOffice) -> None:
        self._office = office

    async def cancel(
        self,
        viewer: Viewer,
        *,
        order_id: str,
        ticket_ids: Sequence[str] | None,
        access_token: str | None,
        reason: str | None,
        idempotency_key: str,
    ) -> Order:
        """Cancel a pending order, or give tickets of a paid one back as the policy says.

        Staff with the scope refunds:write may when customers may not any more, with a reason. Raises
        `OrderNotCancellable`, `NotFound`, `InvalidInput`, `IdempotencyConflict`.
        """
        with InputCheck() as check:
            key = check.idempotency_key(idempotency_key)
            reason = check.optional_text("reason", reason, most=500)
            if not is_askable(order_id):
                check.problem("orderId", "is not a valid id")
            if ticket_ids is not None:
                ticket_ids = check.count("ticketIds", list(ticket_ids))
        guest = access_token is not None and read_token(self._office.key, access_token) == order_id

        async def work(tx: Transaction) -> Order:
            known = await self._office.idempotency.run(
                tx,
                key=key,
                scope=f"{viewer.user_id or order_id}:cancelOrder"[:200],
                fingerprint=fingerprint([order_id, sorted(ticket_ids) if ticket_ids else None]),
            )
            order = await store.lock_order(tx, order_id)
            if order is None:
                raise NotFound("There is no such order.", ["input", "orderId"])
            by_staff = viewer.has_scope(SCOPE_REFUND) and viewer.works_at(order.cinema_id)
            by_owner = viewer.is_user(order.user_id) or (order.user_id is None and guest)
            if not by_owner and not by_staff:
                raise NotFound("There is no such order.", ["input", "orderId"])
            if isinstance(known, Answered):
                return order
            if by_staff and not by_owner:
                if reason is None:
                    raise InvalidInput("is needed when staff cancels", ["input", "reason"])
                await self._audit(tx, viewer, order, ticket_ids, reason)
            order = await self._cancel(tx, order, ticket_ids, reason, by_staff=by_staff)
            await known.store(tx, order.id)
            return order

        return await self._office.database.run(work)

    async def _audit(
        self, tx: Transaction, viewer: Viewer, order: Order, ticket_ids: Sequence[str] | None, reason: str
    ) -> None:
        await self._office.audit.record(
            tx,
            actor_id=viewer.user_id,
            actor_role=role_of(viewer),
            action="cancelOrder",
            target=order.id,
            reason=reason,
            before={"status": order.status},
            after={"tickets": list(ticket_ids) if ticket_ids else "all"},
        )

    async def _cancel(
        self,
        tx: Transaction,
        order: Order,
        ticket_ids: Sequence[str] | None,
        reason: str | None,
        *,
        by_staff: bool,
    ) -> Order:
        status = order.status_at(self._office.clock.now())
        if status is OrderStatus.PENDING_PAYMENT:
            return await end_unpaid(self._office, tx, order, OrderStatus.CANCELLED, reason=reason)
        if status not in SOLD:
            raise OrderNotCancellable("This order has ended.", order)
        # The showtime's row first: the door takes it too, so that nobody enters with these tickets now.
        showtime = await advance(tx, order.showtime_id)
        tickets = (await store.find_tickets_of_orders(tx, [order.id]))[order.id]
        chosen = _choose(tickets, ticket_ids)
        if not chosen or any(ticket.status is not TicketStatus.VALID for ticket in chosen):
            raise OrderNotCancellable("A ticket that was used or given back is not refunded.", order)
        pending = await store.sum_pending_refunds(tx, order.id)
        options = options_for(order, chosen, showtime, pending=pending, office=self._office)
        if not options:
            raise OrderNotCancellable("The showtime has begun or is cancelled.", order)
        if options[0].staff_only and not by_staff:
            raise OrderNotCancellable("So shortly before the start only our staff can help.", order, options)
        return await give_back(
            self._office,
            tx,
            order,
            chosen,
            amount=options[0].amount,
            reason=reason or "cancelled by the customer",
            refund_id=new_id("rfd", self._office.clock.now()),
            cause=None,
        )


def _choose(tickets: Sequence[Ticket], ticket_ids: Sequence[str] | None) -> list[Ticket]:
    if ticket_ids is None:
        return [ticket for ticket in tickets if ticket.status is TicketStatus.VALID]
    by_id = {ticket.id: ticket for ticket in tickets}
    if any(ticket_id not in by_id for ticket_id in ticket_ids):
        raise InvalidInput("names something that is no ticket of this order", ["input", "ticketIds"])
    return [by_id[ticket_id] for ticket_id in ticket_ids]


async def give_back(
    office: BoxOffice,
    tx: Transaction,
    order: Order,
    tickets: Sequence[Ticket],
    *,
    amount: int,
    reason: str,
    refund_id: str,
    cause: Envelope | None,
) -> Order:
    """Decide that tickets are given back for `amount`; what costs nothing is free at once."""
    ticket_ids = [ticket.id for ticket in tickets]
    if amount == 0 or order.payment_id is None:
        return await finish_refund(office, tx, order, ticket_ids, refunded=order.refunded, cause=cause)
    decided = Refund(
        id=refund_id,
        order_id=order.id,
        payment_id=order.payment_id,
        amount=amount,
        currency=order.currency,
        ticket_ids=ticket_ids,
        status="APPROVED",
        reason=reason,
        decided_at=office.clock.now(),
    )
    if not await store.save_refund(tx, decided):
        return order
    await store.update_tickets(tx, ticket_ids, status=TicketStatus.REFUND_PENDING, refund_id=refund_id)
    await office.events.refund_approved(tx, order, decided, cause)
    office.tell_order(tx, order.id)
    return order


async def finish_refund(
    office: BoxOffice,
    tx: Transaction,
    order: Order,
    ticket_ids: Sequence[str],
    *,
    refunded: int,
    cause: Envelope | None,
) -> Order:
    """Free the seats of tickets that were given back, and write what has been refunded of the order."""
    showtime = await advance(tx, order.showtime_id)
    tickets = (await store.find_tickets_of_orders(tx, [order.id]))[order.id]
    whole = refunded >= order.total > 0
    back = [
        ticket
        for ticket in tickets
        if ticket.status in _LIVE
        and (ticket.id in ticket_ids or (whole and ticket.status is not TicketStatus.CHECKED_IN))
    ]
    if back:
        await store.update_tickets(tx, [ticket.id for ticket in back], status=TicketStatus.REFUNDED)
        freed = await store.free_sold(
            tx,
            showtime_id=order.showtime_id,
            order_id=order.id,
            labels=[ticket.seat_label for ticket in back],
            now=office.clock.now(),
        )
        await office.tell_seats(tx, "released", showtime, sorted(freed), order_id=order.id, cause=cause)
    left = [ticket for ticket in tickets if ticket.status in _LIVE and ticket not in back]
    if order.status not in SOLD:
        # Money came back of an order that ended otherwise; its state says enough.
        await store.update_order(tx, order.id, refunded=refunded)
        return replace(order, refunded=refunded)
    if order.total == 0 and not left:
        return await end_order(
            office, tx, order, OrderStatus.CANCELLED, showtime, reason="given back", cause=cause
        )
    status = step(order.status, OrderStatus.REFUNDED if whole or not left else OrderStatus.PARTIALLY_REFUNDED)
    await store.update_order(tx, order.id, status=status, refunded=refunded)
    office.tell_order(tx, order.id)
    return replace(order, status=status, refunded=refunded)
