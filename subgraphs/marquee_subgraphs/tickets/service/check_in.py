"""Check-in: a ticket is admitted once, at its time, by staff of its cinema."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from marquee_subgraphs.kit.audit import Deed
from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.kit.refusals import NotFound
from marquee_subgraphs.kit.validation import InputCheck
from marquee_subgraphs.tickets.domain.codes import ScannedCode, is_genuine, read_code
from marquee_subgraphs.tickets.domain.identifiers import is_askable
from marquee_subgraphs.tickets.domain.orders import Scan, Ticket, TicketStatus
from marquee_subgraphs.tickets.domain.showtimes import Showtime
from marquee_subgraphs.tickets.errors import (
    AlreadyCheckedIn,
    NotCheckedIn,
    TicketNotAdmitted,
    TicketVoid,
    UnknownTicket,
    WrongDay,
)
from marquee_subgraphs.tickets.events.published import TicketCheckedIn, TicketCheckInUndone
from marquee_subgraphs.tickets.service.resources import Resources
from marquee_subgraphs.tickets.service.seat_changes import SeatChanges
from marquee_subgraphs.tickets.service.staff import role_of

SCOPE_SCAN: Final = "tickets:scan"
_REFUSALS: Final = {refusal.code: refusal for refusal in (AlreadyCheckedIn, TicketVoid, WrongDay)}


class CheckIn:
    """The use cases `checkInTicket` and `undoCheckIn`."""

    def __init__(self, resources: Resources, seats: SeatChanges) -> None:
        self._resources = resources
        self._seats = seats
        self._store = resources.store
        self._database = resources.backend.database

    async def check_in(self, viewer: Viewer, *, qr_code: str, gate: str, nonce: str) -> Ticket:
        """Admit a ticket. The same nonce gets the same result again, whatever has happened since.

        Raises `UnknownTicket`, `AlreadyCheckedIn`, `TicketVoid`, `WrongDay`, `NotAllowed`.
        """
        staff_id = viewer.require_scope(SCOPE_SCAN)
        with InputCheck() as check:
            gate = check.text("gate", gate, most=100)
            nonce = check.idempotency_key(nonce, "nonce")
        code = read_code(qr_code)
        if code is None:
            raise UnknownTicket

        async def work(tx: Transaction) -> Ticket | TicketNotAdmitted:
            return await self._scan(tx, viewer, code, gate=gate, nonce=nonce, staff_id=staff_id)

        # A refusal is returned out of the transaction and raised after it: raised inside, it would roll back
        # the scan that records it, and a repeated nonce could get another result.
        outcome = await self._database.run(work)
        if isinstance(outcome, TicketNotAdmitted):
            raise outcome
        return outcome

    async def _scan(
        self, tx: Transaction, viewer: Viewer, code: ScannedCode, *, gate: str, nonce: str, staff_id: str
    ) -> Ticket | TicketNotAdmitted:
        found = (await self._store.tickets.find_many(tx, [code.ticket_id])).get(code.ticket_id)
        if (
            found is None
            or not is_genuine(code, self._resources.key, found.showtime_id)
            or code.version != found.code_version
        ):
            return UnknownTicket()
        viewer.require_works_at(found.cinema_id, SCOPE_SCAN)
        # Found without a lock, so that a forged code locks nothing; read again under the lock.
        showtime, ticket = await self._take(tx, found)
        if code.version != ticket.code_version:
            return UnknownTicket()  # it was moved to another seat while this waited for the lock
        # The gate repeats a scan whose answer was lost. Without the nonce it would refuse the very person
        # whom it has just admitted.
        known, refusal_code = await self._store.scans.find(tx, ticket_id=ticket.id, nonce=nonce)
        if known:
            return ticket if refusal_code is None else _REFUSALS[refusal_code](ticket)
        now = self._resources.now()
        refusal = await self._admit(tx, ticket, showtime, now)
        scan = Scan(
            id=new_id("scn", now),
            ticket_id=ticket.id,
            nonce=nonce,
            gate=gate,
            staff_id=staff_id,
            at=now,
            refusal=None if refusal is None else refusal.code,
        )
        await self._store.scans.save(tx, scan)
        return refusal or replace(ticket, status=TicketStatus.CHECKED_IN, checked_in_at=now)

    async def _take(self, tx: Transaction, found: Ticket) -> tuple[Showtime, Ticket]:
        """Lock the showtime, then the ticket, as refunds do; return both as they are then."""
        showtime = await self._resources.lock_showtime(tx, found.showtime_id)
        ticket = await self._store.tickets.lock(tx, found.id)
        assert ticket is not None, "tickets are never deleted"
        return showtime, ticket

    async def _admit(
        self, tx: Transaction, ticket: Ticket, showtime: Showtime, now: datetime
    ) -> TicketNotAdmitted | None:
        refusal = _refuse(ticket, showtime, now)
        if refusal is not None:
            return refusal
        if not await self._store.tickets.check_in(tx, ticket_id=ticket.id, now=now):
            return AlreadyCheckedIn(ticket)
        await self._mark_seat(tx, ticket, showtime, now, entered=True)
        event = TicketCheckedIn.of(ticket, now)
        await self._resources.backend.outbox.add(tx, event, aggregate_id=ticket.id)
        return None

    async def _mark_seat(
        self, tx: Transaction, ticket: Ticket, showtime: Showtime, now: datetime, *, entered: bool
    ) -> None:
        await self._store.seats.mark_checked_in(
            tx,
            showtime_id=ticket.showtime_id,
            label=ticket.seat_label,
            order_id=ticket.order_id,
            checked_in=entered,
            now=now,
        )
        await self._seats.log(tx, showtime, [ticket.seat_label])
        self._resources.notify_order(tx, ticket.order_id)

    async def undo_check_in(self, viewer: Viewer, *, ticket_id: str, reason: str) -> Ticket:
        """Undo a check-in; audited. Raises `NotCheckedIn`, `NotFound`, `NotAllowed`."""
        staff_id = viewer.require_scope(SCOPE_SCAN)
        with InputCheck() as check:
            reason = check.text("reason", reason, most=500)
            if not is_askable(ticket_id):
                check.problem("ticketId", "is not a valid id")

        async def work(tx: Transaction) -> Ticket:
            found = (await self._store.tickets.find_many(tx, [ticket_id])).get(ticket_id)
            if found is None:
                raise NotFound("There is no such ticket.", ["input", "ticketId"])
            viewer.require_works_at(found.cinema_id, SCOPE_SCAN)
            showtime, ticket = await self._take(tx, found)
            if ticket.status is not TicketStatus.CHECKED_IN:
                raise NotCheckedIn
            now = self._resources.now()
            await self._store.tickets.update(tx, [ticket.id], status=TicketStatus.VALID, checked_in_at=None)
            await self._mark_seat(tx, ticket, showtime, now, entered=False)
            deed = Deed(
                actor_id=staff_id,
                actor_role=role_of(viewer),
                action="undoCheckIn",
                target=ticket.id,
                reason=reason,
                before={"checked_in_at": ticket.checked_in_at},
                after={"checked_in_at": None},
            )
            await self._resources.backend.audit.append(tx, deed)
            event = TicketCheckInUndone.of(ticket, now)
            await self._resources.backend.outbox.add(tx, event, aggregate_id=ticket.id)
            return replace(ticket, status=TicketStatus.VALID, checked_in_at=None)

        return await self._database.run(work)


def _refuse(ticket: Ticket, showtime: Showtime, now: datetime) -> TicketNotAdmitted | None:
    if ticket.status is TicketStatus.CHECKED_IN:
        return AlreadyCheckedIn(ticket)
    if ticket.status is not TicketStatus.VALID or showtime.is_cancelled:
        return TicketVoid(ticket)
    if not showtime.admits_at(now):
        return WrongDay(ticket)
    return None
