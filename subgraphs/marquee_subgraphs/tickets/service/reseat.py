"""Reseat: staff moves a sold ticket to another seat of its showtime, with a reason, never for more money.

The old seat is freed, the new one sold and the code replaced in one transaction.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from marquee_subgraphs.kit.audit import Deed
from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.idempotency import Answered, fingerprint
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.money import Money
from marquee_subgraphs.kit.refusals import NotFound
from marquee_subgraphs.kit.validation import InputCheck
from marquee_subgraphs.tickets.domain import seating
from marquee_subgraphs.tickets.domain.hall import Hall, prices_of
from marquee_subgraphs.tickets.domain.holds import Hold
from marquee_subgraphs.tickets.domain.identifiers import is_askable, read_seat_id
from marquee_subgraphs.tickets.domain.layout import SeatKind
from marquee_subgraphs.tickets.domain.orders import Order, Ticket, TicketStatus
from marquee_subgraphs.tickets.domain.showtimes import Showtime
from marquee_subgraphs.tickets.errors import SeatCostsMore, SeatsUnavailable, TicketNotReseatable
from marquee_subgraphs.tickets.events.published import TicketReseated
from marquee_subgraphs.tickets.service.requested_seats import require_seats
from marquee_subgraphs.tickets.service.resources import Resources
from marquee_subgraphs.tickets.service.seat_changes import SeatChanges
from marquee_subgraphs.tickets.service.staff import role_of

SCOPE_RESEAT: Final = "orders:reseat"


class Reseat:
    """The use case `reseatTicket`."""

    def __init__(self, resources: Resources, seats: SeatChanges) -> None:
        self._resources = resources
        self._seats = seats
        self._store = resources.store
        self._database = resources.backend.database

    async def reseat(
        self, viewer: Viewer, *, ticket_id: str, seat_id: str, reason: str, idempotency_key: str
    ) -> Ticket:
        """Move a valid ticket to a free seat that costs no more; audited, and published for a notification.

        The rules of choosing (lonely seats, companions) do not apply: staff looks at the room. Raises
        `SeatsUnavailable`, `SeatCostsMore`, `TicketNotReseatable`, `NotFound`, `NotAllowed`, `InvalidInput`,
        `IdempotencyConflict`.
        """
        actor = viewer.require_scope(SCOPE_RESEAT)
        seat = read_seat_id(seat_id)
        with InputCheck() as check:
            reason = check.text("reason", reason, most=500)
            key = check.idempotency_key(idempotency_key)
            if not is_askable(ticket_id):
                check.problem("ticketId", "is not a valid id")
            if seat is None:
                check.problem("seatId", "is not a valid id")
        assert seat is not None, "the check refused it"
        showtime_id, label = seat

        async def work(tx: Transaction) -> Ticket:
            known = await self._resources.backend.idempotency.run(
                tx,
                key=key,
                scope=f"{actor}:reseatTicket"[:200],
                fingerprint=fingerprint([ticket_id, seat_id, reason]),
            )
            found = (await self._store.tickets.find_many(tx, [ticket_id])).get(ticket_id)
            if found is None:
                raise NotFound("There is no such ticket.", ["input", "ticketId"])
            viewer.require_works_at(found.cinema_id, SCOPE_RESEAT)
            if isinstance(known, Answered):
                return found
            if found.showtime_id != showtime_id:
                raise TicketNotReseatable("The seat is of another showtime.", ["input", "seatId"])
            ticket = await self._move(tx, found, label, reason=reason, actor=actor, role=role_of(viewer))
            await known.store(tx, ticket.id)
            return ticket

        return await self._database.run(work)

    async def _move(
        self, tx: Transaction, found: Ticket, label: str, *, reason: str, actor: str, role: str
    ) -> Ticket:
        order = await self._store.orders.lock(tx, found.order_id)
        showtime = await self._resources.lock_showtime(tx, found.showtime_id)
        ticket = await self._store.tickets.lock(tx, found.id)
        assert order is not None, "orders are never deleted"
        assert ticket is not None, "tickets are never deleted"
        now = self._resources.now()
        if ticket.status is not TicketStatus.VALID:
            raise TicketNotReseatable("Only a ticket that is valid and unused can be moved.")
        if showtime.is_cancelled or now >= showtime.ends_at:
            raise TicketNotReseatable("The showtime is cancelled or over.")
        hall = await self._resources.hall(tx, showtime)
        require_seats(hall.layout, [label], field="seatId")
        kind = hall.layout[label].kind
        prices = prices_of(showtime)
        if label not in hall.free():
            raise self._unavailable(hall, label, prices[SeatKind(ticket.kind)])
        if prices[kind] > prices[SeatKind(ticket.kind)]:
            raise SeatCostsMore
        moved = replace(ticket, seat_label=label, kind=kind, code_version=ticket.code_version + 1)
        await self._swap(tx, order, showtime, ticket, moved)
        deed = Deed(
            actor_id=actor,
            actor_role=role,
            action="reseatTicket",
            target=ticket.id,
            reason=reason,
            before={"seat": ticket.seat_label},
            after={"seat": label},
        )
        await self._resources.backend.audit.append(tx, deed)
        event = TicketReseated.of(moved, order, showtime, previous=ticket.seat_label, key=self._resources.key)
        await self._resources.backend.outbox.add(tx, event, aggregate_id=ticket.id)
        await self._seats.moved(tx, showtime, order_id=order.id, old=ticket.seat_label, new=label)
        self._resources.notify_order(tx, order.id)
        return moved

    def _unavailable(self, hall: Hall, label: str, most: Money) -> SeatsUnavailable:
        """Refuse with the best seat that the ticket could have instead."""
        prices = prices_of(hall.showtime)
        within = {free for free in hall.free() if prices[hall.layout[free].kind] <= most}
        best = seating.choose_best(hall.layout, within, 1)
        return SeatsUnavailable(hall.views([label], None), hall.views(best, None), path=["input", "seatId"])

    async def _swap(
        self, tx: Transaction, order: Order, showtime: Showtime, ticket: Ticket, moved: Ticket
    ) -> None:
        now = self._resources.now()
        labels = [moved.seat_label]
        # The seat goes through the same two guards as any other: held by the order's hold, then sold from it.
        hold = Hold(order.hold_id, showtime.id, ticket.user_id, now, now, order_id=order.id)
        claimed = await self._store.seats.claim(tx, hold, labels, now)
        sold = await self._store.seats.sell(tx, order, labels, now)
        freed = await self._store.seats.free_sold(
            tx, showtime_id=showtime.id, order_id=order.id, labels=[ticket.seat_label], now=now
        )
        assert claimed == sold == {moved.seat_label}, "the showtime is locked, so nobody was faster"
        assert freed == {ticket.seat_label}, "a valid ticket's seat is sold to its order"
        await self._store.tickets.update(
            tx,
            [ticket.id],
            seat_label=moved.seat_label,
            kind=moved.kind,
            code_version=moved.code_version,
        )
        await self._store.orders.save_seats(tx, order.reseated(ticket.seat_label, moved))
