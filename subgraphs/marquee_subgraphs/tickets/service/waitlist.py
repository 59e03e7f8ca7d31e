"""The waitlist of a showtime: joining, leaving, and reading it.

Seats that become free are offered in the transaction that frees them, so that nobody buys them in between;
where nobody waits, that costs one indexed look. A transaction that writes entries holds the showtime's row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.kit.locale import Locale
from marquee_subgraphs.kit.pagination import Page, PageRequest
from marquee_subgraphs.kit.refusals import InvalidInput, NotFound
from marquee_subgraphs.kit.validation import InputCheck
from marquee_subgraphs.tickets.domain import seating
from marquee_subgraphs.tickets.domain.codes import make_token, read_token
from marquee_subgraphs.tickets.domain.hall import Hall, HeldSeats
from marquee_subgraphs.tickets.domain.identifiers import is_askable
from marquee_subgraphs.tickets.domain.seat_states import count_of_user
from marquee_subgraphs.tickets.domain.showtimes import Showtime
from marquee_subgraphs.tickets.domain.waitlist import (
    MOST_WAITING,
    ListedEntry,
    WaitlistEntry,
    WaitlistStatus,
)
from marquee_subgraphs.tickets.errors import (
    HoldOrdered,
    SalesClosed,
    SeatsAvailable,
    TooManySeats,
    WaitlistChanged,
    WaitlistFull,
)
from marquee_subgraphs.tickets.service.resources import Resources
from marquee_subgraphs.tickets.service.seat_changes import SeatChanges

SCOPE_READ: Final = "tickets:read"
_ENTRIES_SHOWN: Final = 50
_KEPT: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class JoinedEntry:
    """An entry, and the token that lets a guest leave: only the person who made the entry gets it."""

    listed: ListedEntry
    access_token: str | None = None


class Waitlist:
    """The use cases of the waitlist."""

    def __init__(self, resources: Resources, seats: SeatChanges) -> None:
        self._resources = resources
        self._seats = seats
        self._store = resources.store
        self._database = resources.backend.database

    async def join(
        self, viewer: Viewer, *, showtime_id: str, seats: int, email: str | None, locale: Locale | None
    ) -> JoinedEntry:
        """Add somebody to the waitlist of a showtime with too few seats left; a guest gives an email.

        A person on the list keeps their place; a customer may change the number of seats. Raises
        `SeatsAvailable`, `SalesClosed`, `TooManySeats`, `WaitlistFull`, `NotFound`, `InvalidInput`.
        """
        with InputCheck() as check:
            if not is_askable(showtime_id):
                check.problem("showtimeId", "is not a valid id")
            if not 1 <= seats <= seating.MAX_SEATS:
                check.problem("seats", f"must be 1 to {seating.MAX_SEATS}")
            cleaned = None if email is None or not email.strip() else check.email("email", email)
        person = viewer.user_id or cleaned
        if person is None:
            raise InvalidInput("is needed to tell you of free seats", ["input", "email"])
        now = self._resources.now()
        wish = WaitlistEntry(
            id=new_id("wait", now),
            showtime_id=showtime_id,
            person=person,
            user_id=viewer.user_id,
            email=None if viewer.user_id else cleaned,
            locale=(locale or Locale.ES).value,
            seats=seats,
            place=0,
            joined_at=now,
        )
        return await self._database.run(lambda tx: self._join(tx, wish))

    async def _join(self, tx: Transaction, wish: WaitlistEntry) -> JoinedEntry:
        now = self._resources.now()
        showtime = await self._resources.lock_requested_showtime(tx, wish.showtime_id)
        if not showtime.sells_at(now):
            raise SalesClosed
        known = await self._store.waitlist.find_of_person(
            tx, showtime_id=showtime.id, person=wish.person, now=now
        )
        if known is not None and known.status is WaitlistStatus.OFFERED:
            return JoinedEntry(known)
        await self._require_sold_out(tx, showtime, wish)
        if known is not None and known.status is WaitlistStatus.WAITING:
            if wish.user_id is None:
                return JoinedEntry(known)
            await self._store.waitlist.update(tx, known.entry.id, seats=wish.seats)
            return JoinedEntry(replace(known, entry=replace(known.entry, seats=wish.seats)))
        if known is not None:
            await self._store.waitlist.delete(tx, known.entry.id)
        elif await self._store.waitlist.count(tx, showtime.id) >= MOST_WAITING:
            raise WaitlistFull
        # The version that this lock counted is unique and grows: a fair number to queue by.
        entry = replace(wish, place=showtime.seat_version)
        await self._store.waitlist.save(tx, entry)
        listed = await self._store.waitlist.find(tx, entry.id, now)
        assert listed is not None, "it was just saved"
        token = None if entry.user_id else make_token(self._resources.key, entry.id)
        return JoinedEntry(listed, token)

    async def _require_sold_out(self, tx: Transaction, showtime: Showtime, wish: WaitlistEntry) -> None:
        now = self._resources.now()
        hall = await self._resources.hall(tx, showtime)
        had = count_of_user(hall.states.values(), wish.user_id, now) if wish.user_id else 0
        if had + wish.seats > seating.MAX_SEATS:
            raise TooManySeats(seating.MAX_SEATS)
        if len(seating.choose_best(hall.layout, hall.free(), wish.seats)) == wish.seats:
            raise SeatsAvailable

    async def leave(self, viewer: Viewer, *, entry_id: str, access_token: str | None) -> None:
        """Take an entry off the waitlist; seats that were offered to it go to the next.

        Raises `NotFound`, `HoldOrdered` (the order is to be cancelled instead), `WaitlistChanged`.
        """
        if not is_askable(entry_id):
            raise InvalidInput("is not a valid id", ["input", "entryId"])
        guest = access_token is not None and read_token(self._resources.key, access_token) == entry_id
        await self._database.run(lambda tx: self._leave(tx, viewer, entry_id, guest=guest))

    async def _leave(self, tx: Transaction, viewer: Viewer, entry_id: str, *, guest: bool) -> None:
        now = self._resources.now()
        found = await self._store.waitlist.find(tx, entry_id, now)
        own = found is not None and (
            viewer.is_user(found.entry.user_id) or (found.entry.user_id is None and guest)
        )
        if found is None or not own:
            raise NotFound("There is no such entry.", ["input", "entryId"])
        hold_id = found.entry.hold_id
        hold = None if hold_id is None else await self._store.holds.lock(tx, hold_id)
        showtime = await self._resources.lock_showtime(tx, found.entry.showtime_id)
        listed = await self._store.waitlist.find(tx, entry_id, now)
        if listed is None:
            return
        # Read before the lock, the entry had no offer; now it may have one, whose hold is not locked.
        if listed.entry.hold_id != hold_id:
            raise WaitlistChanged
        await self._store.waitlist.delete(tx, entry_id)
        if hold is None or listed.status is not WaitlistStatus.OFFERED:
            return
        if hold.order_id is not None:
            raise HoldOrdered
        await self._store.holds.close(tx, [hold.id])
        freed = await self._store.seats.free_held(tx, showtime_id=showtime.id, hold_ids=[hold.id], now=now)
        if freed:
            await self._seats.released(tx, showtime, sorted(freed))

    async def of_users(self, user_ids: Sequence[str]) -> Mapping[str, list[ListedEntry]]:
        """Batch: the entries of users, the newest first; callers check the viewer."""
        async with self._database.read() as connection:
            return await self._store.waitlist.of_users(
                connection, user_ids, self._resources.now(), limit=_ENTRIES_SHOWN
            )

    async def offers(self, hold_ids: Sequence[str]) -> Mapping[str, HeldSeats]:
        """Batch: the seats that offers hold, with their tokens; callers check the viewer."""
        now = self._resources.now()
        async with self._database.read() as connection:
            holds = await self._store.holds.find_live(connection, hold_ids, now)
            showtime_ids = sorted({hold.showtime_id for hold in holds.values()})
            showtimes = await self._store.showtimes.find_many(connection, showtime_ids)
            layouts = await self._resources.layouts.of(connection, showtime_ids)
            states = await self._store.seats.states_of_many(connection, showtime_ids)
        found: dict[str, HeldSeats] = {}
        for hold in holds.values():
            of, layout = states[hold.showtime_id], layouts[hold.showtime_id]
            labels = layout.sort(label for label, state in of.items() if state.hold_id == hold.id)
            hall = Hall(showtimes[hold.showtime_id], layout, of, now)
            views = hall.views(labels, hold.user_id, held_now=labels)
            found[hold.id] = HeldSeats(hold, make_token(self._resources.key, hold.id), views)
        return found

    async def page(self, viewer: Viewer, showtime_id: str, request: PageRequest) -> Page[ListedEntry]:
        """Return a showtime's entries to staff of its cinema. Raises `NotFound`, `NotAllowed`."""
        viewer.require_scope(SCOPE_READ)
        async with self._database.read() as connection:
            showtime = (
                await self._store.showtimes.find(connection, showtime_id) if is_askable(showtime_id) else None
            )
            if showtime is None:
                raise NotFound("There is no such showtime.")
            viewer.require_works_at(showtime.cinema_id, SCOPE_READ)
            rows = await self._store.waitlist.page(
                connection,
                showtime_id=showtime_id,
                after_place=None if request.after is None else int(str(request.after[0])),
                limit=request.first + 1,
                now=self._resources.now(),
            )
        return Page.of(rows, request, lambda listed: (listed.entry.place,))

    async def count(self, showtime_id: str) -> int:
        """Count a showtime's entries."""
        async with self._database.read() as connection:
            return await self._store.waitlist.count(connection, showtime_id)

    async def forget(self) -> None:
        """Delete the waitlists of showtimes that no longer sell."""
        moment = self._resources.now() - _KEPT
        async with self._database.transaction(durable=False) as tx:
            await self._store.waitlist.delete_closed_before(tx, moment)
