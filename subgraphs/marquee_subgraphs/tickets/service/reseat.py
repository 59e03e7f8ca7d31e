"""Moving a sold ticket to another seat of its showtime: by staff, with a reason, never for more money.

The old seat is freed, the new one sold and the code replaced in one transaction, or nothing happens.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.idempotency import Answered, fingerprint
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.refusals import NotFound
from marquee_subgraphs.kit.validation import InputCheck
from marquee_subgraphs.tickets import store
from marquee_subgraphs.tickets.domain import seating
from marquee_subgraphs.tickets.domain.hall import Hall, prices_of
from marquee_subgraphs.tickets.domain.identifiers import is_askable, read_seat_id
from marquee_subgraphs.tickets.domain.layout import SeatKind
from marquee_subgraphs.tickets.domain.orders import Order, Ticket, TicketStatus
from marquee_subgraphs.tickets.domain.showtimes import Showtime
from marquee_subgraphs.tickets.errors import SeatCostsMore, SeatsUnavailable, TicketNotReseatable
from marquee_subgraphs.tickets.service.box_office import BoxOffice, role_of
from marquee_subgraphs.tickets.service.holds import require_seats
from marquee_subgraphs.tickets.service.sale import advance
from marquee_subgraphs.tickets.service.waitlist import offer_seats

SCOPE_RESEAT: Final = "orders:reseat"


class Reseat:
    """The use case `reseatTicket`."""

    def __init__(self, office: BoxOffice) -> None:
        self._office = office

    async def reseat(
        self, viewer: Viewer, *, ticket_id: str, seat_id: str, reason: str, idempotency_key: str
    ) -> Ticket:
        """Move a valid ticket to a free seat that costs no more; audited, the customer is told.

        Staff looks at the room, so the rules of choosing (lonely seats, companions) do not bind it. Raises
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
            known = await self._office.idempotency.run(
                tx,
                key=key,
                scope=f"{actor}:reseatTicket"[:200],
                fingerprint=fingerprint([ticket_id, seat_id, reason]),
            )
            found = (await store.find_tickets(tx, [ticket_id])).get(ticket_id)
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

        return await self._office.database.run(work)

    async def _move(
        self, tx: Transaction, found: Ticket, label: str, *, reason: str, actor: str, role: str
    ) -> Ticket:
        office = self._office
        order = await store.lock_order(tx, found.order_id)
        showtime = await advance(tx, found.showtime_id)
        ticket = await store.lock_ticket(tx, found.id)
        assert order is not None, "orders are never deleted"
        assert ticket is not None, "tickets are never deleted"
        now = office.clock.now()
        if ticket.status is not TicketStatus.VALID:
            raise TicketNotReseatable("Only a ticket that is valid and unused can be moved.")
        if showtime.is_cancelled or now >= showtime.ends_at:
            raise TicketNotReseatable("The showtime is cancelled or over.")
        hall = await self._hall(tx, showtime, label)
        kind = hall.layout[label].kind
        prices = prices_of(showtime)
        if label not in hall.free():
            raise self._unavailable(hall, label, prices[SeatKind(ticket.kind)])
        if prices[kind] > prices[SeatKind(ticket.kind)]:
            raise SeatCostsMore
        moved = replace(ticket, seat_label=label, kind=kind, code_version=ticket.code_version + 1)
        await self._swap(tx, order, showtime, ticket, moved)
        await office.audit.record(
            tx,
            actor_id=actor,
            actor_role=role,
            action="reseatTicket",
            target=ticket.id,
            reason=reason,
            before={"seat": ticket.seat_label},
            after={"seat": label},
        )
        await office.events.reseated(tx, order, showtime, moved, previous=ticket.seat_label)
        await office.tell_watchers(tx, showtime, [ticket.seat_label, label])
        await office.events.seats(tx, "sold", showtime.id, [label], order_id=order.id)
        await office.events.seats(tx, "released", showtime.id, [ticket.seat_label], order_id=order.id)
        await offer_seats(office, tx, showtime.id)
        office.tell_order(tx, order.id)
        return moved

    async def _hall(self, tx: Transaction, showtime: Showtime, label: str) -> Hall:
        layout = await self._office.layouts.of_one(tx, showtime.id)
        require_seats(layout, [label], field="seatId")
        states = await store.read_states(tx, showtime.id)
        return Hall(showtime, layout, states, self._office.clock.now())

    def _unavailable(self, hall: Hall, label: str, most: int) -> SeatsUnavailable:
        """Refuse with the best seat that the ticket could have instead."""
        prices = prices_of(hall.showtime)
        within = {free for free in hall.free() if prices[hall.layout[free].kind] <= most}
        best = seating.choose_best(hall.layout, within, 1)
        return SeatsUnavailable(hall.views([label], None), hall.views(best, None), path=["input", "seatId"])

    async def _swap(
        self, tx: Transaction, order: Order, showtime: Showtime, ticket: Ticket, moved: Ticket
    ) -> None:
        now = self._office.clock.now()
        labels = [moved.seat_label]
        claimed = await store.claim_seats(
            tx,
            showtime_id=showtime.id,
            labels=labels,
            hold_id=order.hold_id,
            user_id=ticket.user_id,
            held_until=now,
            now=now,
        )
        sold = await store.sell_seats(
            tx,
            showtime_id=showtime.id,
            hold_id=order.hold_id,
            order_id=order.id,
            user_id=ticket.user_id,
            labels=labels,
            now=now,
        )
        freed = await store.free_sold(
            tx, showtime_id=showtime.id, order_id=order.id, labels=[ticket.seat_label], now=now
        )
        assert claimed == sold == {moved.seat_label}, "the showtime's row is held, so nobody was faster"
        assert freed == {ticket.seat_label}, "a valid ticket's seat is sold to its order"
        await store.update_tickets(
            tx,
            [ticket.id],
            seat_label=moved.seat_label,
            kind=moved.kind,
            code_version=moved.code_version,
        )
        await store.save_seats_of_order(tx, order.reseated(ticket.seat_label, moved))
