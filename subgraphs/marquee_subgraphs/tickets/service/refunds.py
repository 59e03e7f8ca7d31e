"""Refunds: the use case `cancelOrder`, by the customer within the policy or by staff with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from marquee_subgraphs.kit.audit import Deed
from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.idempotency import Answered, fingerprint
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.kit.refusals import InvalidInput, NotFound
from marquee_subgraphs.kit.validation import InputCheck
from marquee_subgraphs.tickets.domain.codes import read_token
from marquee_subgraphs.tickets.domain.identifiers import is_askable
from marquee_subgraphs.tickets.domain.orders import SOLD, Order, OrderStatus, Ticket, TicketStatus
from marquee_subgraphs.tickets.domain.refunds import options_for
from marquee_subgraphs.tickets.errors import OrderNotCancellable
from marquee_subgraphs.tickets.service.resources import Resources
from marquee_subgraphs.tickets.service.returns import RefundDecision, Returns
from marquee_subgraphs.tickets.service.sale import Sale
from marquee_subgraphs.tickets.service.staff import role_of

SCOPE_REFUND: Final = "refunds:write"


class Refunds:
    """The use case `cancelOrder`."""

    def __init__(self, resources: Resources, sale: Sale, returns: Returns) -> None:
        self._resources = resources
        self._sale = sale
        self._returns = returns
        self._store = resources.store
        self._database = resources.backend.database

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

        Staff with the scope `refunds:write` may do it when customers no longer may, with a reason. Raises
        `OrderNotCancellable`, `NotFound`, `InvalidInput`, `IdempotencyConflict`.
        """
        with InputCheck() as check:
            key = check.idempotency_key(idempotency_key)
            reason = check.optional_text("reason", reason, most=500)
            if not is_askable(order_id):
                check.problem("orderId", "is not a valid id")
            if ticket_ids is not None:
                ticket_ids = check.count("ticketIds", list(ticket_ids))
        guest = access_token is not None and read_token(self._resources.key, access_token) == order_id

        async def work(tx: Transaction) -> Order:
            known = await self._resources.backend.idempotency.run(
                tx,
                key=key,
                scope=f"{viewer.user_id or order_id}:cancelOrder"[:200],
                fingerprint=fingerprint([order_id, sorted(ticket_ids) if ticket_ids else None]),
            )
            order = await self._store.orders.lock(tx, order_id)
            if order is None:
                raise NotFound("There is no such order.", ["input", "orderId"])
            by_staff = viewer.has_scope(SCOPE_REFUND) and viewer.works_at(order.cinema_id)
            by_owner = viewer.is_user(order.user_id) or (order.user_id is None and guest)
            if not by_owner and not by_staff:
                raise NotFound("There is no such order.", ["input", "orderId"])
            # Only now: the answer to a repeated request is shown to those who may see the order.
            if isinstance(known, Answered):
                return order
            if by_staff and not by_owner:
                if reason is None:
                    raise InvalidInput("is needed when staff cancels", ["input", "reason"])
                await self._audit(tx, viewer, order, ticket_ids, reason)
            order = await self._cancel(tx, order, ticket_ids, reason, by_staff=by_staff)
            await known.store(tx, order.id)
            return order

        return await self._database.run(work)

    async def _audit(
        self, tx: Transaction, viewer: Viewer, order: Order, ticket_ids: Sequence[str] | None, reason: str
    ) -> None:
        deed = Deed(
            actor_id=viewer.user_id,
            actor_role=role_of(viewer),
            action="cancelOrder",
            target=order.id,
            reason=reason,
            before={"status": order.status},
            after={"tickets": list(ticket_ids) if ticket_ids else "all"},
        )
        await self._resources.backend.audit.append(tx, deed)

    async def _cancel(
        self,
        tx: Transaction,
        order: Order,
        ticket_ids: Sequence[str] | None,
        reason: str | None,
        *,
        by_staff: bool,
    ) -> Order:
        status = order.status_at(self._resources.now())
        if status is OrderStatus.PENDING_PAYMENT:
            return await self._sale.end_unpaid(tx, order, OrderStatus.CANCELLED, reason=reason)
        if status not in SOLD:
            raise OrderNotCancellable("This order has ended.")
        # The showtime's row first: check-in takes it too, so nobody enters with these tickets meanwhile.
        showtime = await self._resources.lock_showtime(tx, order.showtime_id)
        tickets = (await self._store.tickets.of_orders(tx, [order.id]))[order.id]
        chosen = _choose(tickets, ticket_ids)
        if not chosen or any(ticket.status is not TicketStatus.VALID for ticket in chosen):
            raise OrderNotCancellable("A ticket that was used or given back is not refunded.")
        pending = await self._store.refunds.sum_pending(tx, order)
        options = options_for(order, chosen, showtime, pending=pending, now=self._resources.now())
        if not options:
            raise OrderNotCancellable("The showtime has begun or is cancelled.")
        if options[0].staff_only and not by_staff:
            raise OrderNotCancellable("So shortly before the start only our staff can help.", options)
        decision = RefundDecision(
            refund_id=new_id("rfd", self._resources.now()),
            amount=options[0].amount,
            reason=reason or "cancelled by the customer",
        )
        return await self._returns.approve(tx, order, chosen, decision)


def _choose(tickets: Sequence[Ticket], ticket_ids: Sequence[str] | None) -> list[Ticket]:
    if ticket_ids is None:
        return [ticket for ticket in tickets if ticket.status is TicketStatus.VALID]
    by_id = {ticket.id: ticket for ticket in tickets}
    if any(ticket_id not in by_id for ticket_id in ticket_ids):
        raise InvalidInput("names something that is no ticket of this order", ["input", "ticketIds"])
    return [by_id[ticket_id] for ticket_id in ticket_ids]
