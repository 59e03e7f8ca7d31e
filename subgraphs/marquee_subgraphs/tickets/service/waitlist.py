"""The waitlist of a showtime: joining, leaving, and offering seats to who waits longest.

Seats that become free are offered in the transaction that frees them, so that nobody buys them in between;
where nobody waits, that costs one indexed look. Whoever writes entries holds the showtime's row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.kit.locale import Locale
from marquee_subgraphs.kit.pagination import Page, PageRequest
from marquee_subgraphs.kit.refusals import InvalidInput, NotFound
from marquee_subgraphs.kit.validation import InputCheck
from marquee_subgraphs.tickets import store
from marquee_subgraphs.tickets.domain import seating
from marquee_subgraphs.tickets.domain.codes import make_token, read_token
from marquee_subgraphs.tickets.domain.hall import Hall
from marquee_subgraphs.tickets.domain.holds import Hold
from marquee_subgraphs.tickets.domain.identifiers import is_askable
from marquee_subgraphs.tickets.domain.seat_states import count_of_user
from marquee_subgraphs.tickets.domain.showtimes import Showtime
from marquee_subgraphs.tickets.domain.waitlist import (
    MOST_WAITING,
    OFFER_TTL,
    ListedEntry,
    WaitlistEntry,
    WaitlistStatus,
    choose_offers,
)
from marquee_subgraphs.tickets.errors import (
    HoldOrdered,
    SalesClosed,
    SeatsAvailable,
    TooManySeats,
    WaitlistChanged,
    WaitlistFull,
)
from marquee_subgraphs.tickets.service.held_seats import HeldSeats

if TYPE_CHECKING:
    from marquee_subgraphs.tickets.service.box_office import BoxOffice

SCOPE_READ: Final = "tickets:read"
_ENTRIES_SHOWN: Final = 50
_LOOKED_AT: Final = 100
"""Entries considered each time seats become free."""
_KEPT: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class JoinedEntry:
    """An entry, and the token that lets a guest leave; only who made the entry gets that."""

    listed: ListedEntry
    access_token: str | None = None


async def offer_seats(office: BoxOffice, tx: Transaction, showtime_id: str) -> None:
    """Hold what is free for those who have waited longest, and tell them; nothing when nobody waits.

    To be called by every transaction that frees seats, after it has taken the showtime's row.
    """
    waiting = await store.find_waiting(tx, showtime_id, limit=_LOOKED_AT)
    if not waiting:
        return
    showtime = await store.advance_version(tx, showtime_id)
    now = office.clock.now()
    if showtime is None or not showtime.sells_at(now):
        return
    layout = await office.layouts.of_one(tx, showtime_id)
    hall = Hall(showtime, layout, await store.read_states(tx, showtime_id), now)
    offered: list[str] = []
    for entry, labels in choose_offers(waiting, layout, hall.free()):
        hold = Hold(
            new_id("hold", now),
            showtime_id,
            entry.user_id,
            now,
            min(now + OFFER_TTL, showtime.sales_close_at),
        )
        await store.save_hold(tx, hold)
        claimed = await store.claim_seats(
            tx,
            showtime_id=showtime_id,
            labels=labels,
            hold_id=hold.id,
            user_id=entry.user_id,
            held_until=hold.expires_at,
            now=now,
        )
        assert claimed == set(labels), "the showtime's row is held, so nobody was faster"
        await store.update_entry(tx, entry.id, hold_id=hold.id)
        await office.events.seats_offered(tx, entry, showtime, hold, labels)
        offered += labels
    if offered:
        await office.tell_seats(tx, "held", showtime, layout.sort(offered))


class Waitlist:
    """The use cases of the waitlist."""

    def __init__(self, office: BoxOffice) -> None:
        self._office = office

    async def join(
        self, viewer: Viewer, *, showtime_id: str, seats: int, email: str | None, locale: Locale | None
    ) -> JoinedEntry:
        """Wait for so many seats of a showtime that has not as many left; a guest is told by mail.

        Who waits already keeps their place (a customer may change the number of seats). Raises
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
        now = self._office.clock.now()
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
        return await self._office.database.run(lambda tx: self._join(tx, wish))

    async def _join(self, tx: Transaction, wish: WaitlistEntry) -> JoinedEntry:
        now = self._office.clock.now()
        showtime = await store.advance_version(tx, wish.showtime_id)
        if showtime is None:
            raise NotFound("There is no such showtime.", ["input", "showtimeId"])
        if not showtime.sells_at(now):
            raise SalesClosed
        known = await store.find_entry_of_person(tx, showtime_id=showtime.id, person=wish.person, now=now)
        if known is not None and known.status is WaitlistStatus.OFFERED:
            return JoinedEntry(known)
        await self._require_sold_out(tx, showtime, wish)
        if known is not None and known.status is WaitlistStatus.WAITING:
            if wish.user_id is None:
                return JoinedEntry(known)
            await store.update_entry(tx, known.entry.id, seats=wish.seats)
            return JoinedEntry(replace(known, entry=replace(known.entry, seats=wish.seats)))
        if known is not None:
            await store.delete_entry(tx, known.entry.id)
        elif await store.count_entries(tx, showtime.id) >= MOST_WAITING:
            raise WaitlistFull
        # The showtime's version never comes twice, so it is a fair number to queue by.
        entry = replace(wish, place=showtime.seat_version)
        await store.save_entry(tx, entry)
        listed = await store.find_entry(tx, entry.id, now)
        assert listed is not None, "it was just saved"
        token = None if entry.user_id else make_token(self._office.key, entry.id)
        return JoinedEntry(listed, token)

    async def _require_sold_out(self, tx: Transaction, showtime: Showtime, wish: WaitlistEntry) -> None:
        now = self._office.clock.now()
        layout = await self._office.layouts.of_one(tx, showtime.id)
        hall = Hall(showtime, layout, await store.read_states(tx, showtime.id), now)
        had = count_of_user(hall.states.values(), wish.user_id, now) if wish.user_id else 0
        if had + wish.seats > seating.MAX_SEATS:
            raise TooManySeats(seating.MAX_SEATS)
        if len(seating.choose_best(layout, hall.free(), wish.seats)) == wish.seats:
            raise SeatsAvailable

    async def leave(self, viewer: Viewer, *, entry_id: str, access_token: str | None) -> None:
        """Wait no longer; seats that were offered go to who comes next.

        Raises `NotFound`, `HoldOrdered` (the order is to be cancelled instead), `WaitlistChanged`.
        """
        if not is_askable(entry_id):
            raise InvalidInput("is not a valid id", ["input", "entryId"])
        guest = access_token is not None and read_token(self._office.key, access_token) == entry_id
        await self._office.database.run(lambda tx: self._leave(tx, viewer, entry_id, guest=guest))

    async def _leave(self, tx: Transaction, viewer: Viewer, entry_id: str, *, guest: bool) -> None:
        office, now = self._office, self._office.clock.now()
        found = await store.find_entry(tx, entry_id, now)
        own = found is not None and (
            viewer.is_user(found.entry.user_id) or (found.entry.user_id is None and guest)
        )
        if found is None or not own:
            raise NotFound("There is no such entry.", ["input", "entryId"])
        hold_id = found.entry.hold_id
        hold = None if hold_id is None else await store.lock_hold(tx, hold_id)
        showtime = await store.advance_version(tx, found.entry.showtime_id)
        assert showtime is not None, "an entry is for a showtime that is known"
        listed = await store.find_entry(tx, entry_id, now)
        if listed is None:
            return
        if listed.entry.hold_id != hold_id:
            raise WaitlistChanged
        await store.delete_entry(tx, entry_id)
        if hold is None or listed.status is not WaitlistStatus.OFFERED:
            return
        if hold.order_id is not None:
            raise HoldOrdered
        await store.close_holds(tx, [hold.id])
        freed = await store.free_held(tx, showtime_id=showtime.id, hold_ids=[hold.id], now=now)
        if freed:
            await office.tell_seats(tx, "released", showtime, sorted(freed))

    async def of_users(self, user_ids: Sequence[str]) -> Mapping[str, list[ListedEntry]]:
        """Batch: the entries of users, the newest first; callers check who asks."""
        async with self._office.database.read() as connection:
            return await store.find_entries_of_users(
                connection, user_ids, self._office.clock.now(), limit=_ENTRIES_SHOWN
            )

    async def offers(self, hold_ids: Sequence[str]) -> Mapping[str, HeldSeats]:
        """Batch: the seats that offers hold, with their tokens; callers check who asks."""
        office, now = self._office, self._office.clock.now()
        async with office.database.read() as connection:
            holds = await store.find_live_holds(connection, hold_ids, now)
            showtime_ids = sorted({hold.showtime_id for hold in holds.values()})
            showtimes = await store.find_showtimes(connection, showtime_ids)
            layouts = await office.layouts.of(connection, showtime_ids)
            states = await store.read_states_of_many(connection, showtime_ids)
        found: dict[str, HeldSeats] = {}
        for hold in holds.values():
            of, layout = states[hold.showtime_id], layouts[hold.showtime_id]
            labels = layout.sort(label for label, state in of.items() if state.hold_id == hold.id)
            hall = Hall(showtimes[hold.showtime_id], layout, of, now)
            views = hall.views(labels, hold.user_id, held_now=labels)
            found[hold.id] = HeldSeats(hold, make_token(office.key, hold.id), views)
        return found

    async def page(self, viewer: Viewer, showtime_id: str, request: PageRequest) -> Page[ListedEntry]:
        """Return a showtime's entries to staff of its cinema. Raises `NotFound`, `NotAllowed`."""
        viewer.require_scope(SCOPE_READ)
        async with self._office.database.read() as connection:
            showtime = await store.find_showtime(connection, showtime_id) if is_askable(showtime_id) else None
            if showtime is None:
                raise NotFound("There is no such showtime.")
            viewer.require_works_at(showtime.cinema_id, SCOPE_READ)
            rows = await store.page_entries(
                connection,
                showtime_id=showtime_id,
                after_place=None if request.after is None else int(str(request.after[0])),
                limit=request.first + 1,
                now=self._office.clock.now(),
            )
        return Page.of(rows, request, lambda listed: (listed.entry.place,))

    async def count(self, showtime_id: str) -> int:
        """Count a showtime's entries."""
        async with self._office.database.read() as connection:
            return await store.count_entries(connection, showtime_id)

    async def forget(self) -> None:
        """Delete the waitlists of showtimes that no longer sell."""
        moment = self._office.clock.now() - _KEPT
        async with self._office.database.transaction(durable=False) as tx:
            await store.delete_entries_closed_before(tx, moment)
