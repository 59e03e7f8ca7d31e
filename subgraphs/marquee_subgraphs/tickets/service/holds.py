"""Holds: seats are held, kept longer and given back. All seats of a request, or none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.idempotency import Answered, fingerprint
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.kit.refusals import InvalidInput
from marquee_subgraphs.kit.validation import InputCheck
from marquee_subgraphs.tickets.domain import seating
from marquee_subgraphs.tickets.domain.codes import make_token, read_token
from marquee_subgraphs.tickets.domain.hall import Hall, HeldSeats
from marquee_subgraphs.tickets.domain.holds import HOLD_TTL, Hold
from marquee_subgraphs.tickets.domain.seat_states import count_of_user, free_seats
from marquee_subgraphs.tickets.errors import (
    CompanionOnly,
    HoldExpired,
    HoldOrdered,
    LonelySeat,
    SalesClosed,
    TooManySeats,
)
from marquee_subgraphs.tickets.service.requested_seats import labels_of, require_seats, unavailable
from marquee_subgraphs.tickets.service.resources import Resources
from marquee_subgraphs.tickets.service.seat_changes import SeatChanges
from marquee_subgraphs.tickets.store import TicketsStore


class Holds:
    """The use cases of holds."""

    def __init__(self, resources: Resources, seats: SeatChanges) -> None:
        self._resources = resources
        self._seats = seats
        self._store = resources.store
        self._database = resources.backend.database

    async def hold(
        self,
        viewer: Viewer,
        *,
        showtime_id: str,
        seat_ids: Sequence[str],
        hold_token: str | None = None,
        idempotency_key: str | None = None,
        client: str = "",
    ) -> HeldSeats:
        """Hold all these seats for ten minutes, or add them to a hold; `client` distinguishes guests.

        Raises `SeatsUnavailable`, `TooManySeats`, `LonelySeat`, `CompanionOnly`, `HoldExpired`,
        `HoldOrdered`, `SalesClosed`, `NotFound`, `InvalidInput`, `IdempotencyConflict`.
        """
        labels = labels_of(seat_ids, showtime_id, most=seating.MAX_SEATS)
        if idempotency_key is not None:
            with InputCheck() as check:
                check.idempotency_key(idempotency_key)
        hold_id = self._hold_id(hold_token) if hold_token is not None else None
        # Of a crowd that loses the same seats in one second, each must be offered other alternatives, or
        # they lose those to each other again. The lot decides who is offered which.
        lot = f"{viewer.user_id or client} {idempotency_key or hold_id}"

        async def work(tx: Transaction) -> HeldSeats:
            slot = None
            if idempotency_key is not None:
                known = await self._resources.backend.idempotency.run(
                    tx,
                    key=idempotency_key,
                    scope=f"{viewer.user_id or f'guest {client}'}:holdSeats"[:200],
                    fingerprint=fingerprint([showtime_id, sorted(labels), hold_id]),
                )
                if isinstance(known, Answered):
                    return await self._show(tx, viewer, known.answer)
                slot = known
            held = await self._claim(tx, viewer, showtime_id, labels, hold_id, lot)
            if slot is not None:
                await slot.store(tx, held.hold.id)
            return held

        return await self._database.run(work)

    async def _claim(
        self,
        tx: Transaction,
        viewer: Viewer,
        showtime_id: str,
        labels: list[str],
        hold_id: str | None,
        lot: str,
    ) -> HeldSeats:
        now = self._resources.now()
        hold = None if hold_id is None else await self._own_hold(tx, viewer, hold_id, now)
        if hold is not None and hold.showtime_id != showtime_id:
            raise InvalidInput("is for another showtime", ["input", "holdToken"])
        showtime = await self._resources.lock_requested_showtime(tx, showtime_id)
        if not showtime.sells_at(now):
            raise SalesClosed
        layout = await self._resources.layouts.of_one(tx, showtime_id)
        labels = require_seats(layout, labels)
        # The rules need only the rows of these seats and what the customer has already: with 500 seats in
        # the room, reading 20 of them instead of all keeps the showtime locked for a fraction of the time.
        states = await self._store.seats.states_near(
            tx,
            showtime_id=showtime_id,
            labels=layout.rows_of(labels),
            hold_id=hold_id,
            user_id=viewer.user_id,
        )
        near = Hall(showtime, layout, states, now)
        own = {label for label, state in states.items() if hold_id is not None and state.hold_id == hold_id}
        wanted = [label for label in labels if label not in own]
        await self._check_rules(tx, viewer, near, wanted, own, lot)
        if hold is None:
            hold = Hold(new_id("hold", now), showtime_id, viewer.user_id, now, now + HOLD_TTL)
            await self._store.holds.save(tx, hold)
        if wanted:
            claimed = await self._store.seats.claim(tx, hold, wanted, now)
            # Another hold was faster for some: raising rolls back the claim of the others, so that a hold has
            # all of its seats or none.
            if len(claimed) != len(wanted):
                lost = [label for label in wanted if label not in claimed]
                raise unavailable(await self._whole(tx, near), lost, len(wanted), viewer, lot)
            await self._seats.held(tx, showtime, wanted)
        held = layout.sort([*own, *wanted])
        return HeldSeats(hold, self._token(hold), near.views(held, viewer.user_id, held_now=held))

    async def _check_rules(
        self, tx: Transaction, viewer: Viewer, near: Hall, wanted: Sequence[str], own: set[str], lot: str
    ) -> None:
        layout, user_id = near.layout, viewer.user_id
        free = free_seats(layout.rows_of(wanted), near.states, near.now)
        taken = [label for label in wanted if label not in free]
        if taken:
            raise unavailable(await self._whole(tx, near), taken, len(wanted), viewer, lot)
        had = len(own)
        if user_id is not None:
            had = max(had, count_of_user(near.states.values(), user_id, near.now))
        if had + len(wanted) > seating.MAX_SEATS:
            raise TooManySeats(seating.MAX_SEATS)
        missing = seating.missing_wheelchairs(layout, wanted, own)
        if missing:
            raise CompanionOnly(near.views(missing, user_id))
        lonely = seating.leaves_lonely(layout, free, wanted)
        if lonely:
            whole = await self._whole(tx, near)
            # A choice that leaves a seat alone is allowed when no other choice would leave none alone.
            tidy = seating.choose_tidy(layout, whole.free(), len(wanted), lot)
            if tidy:
                raise LonelySeat(whole.views(lonely, user_id), whole.views(tidy, user_id))

    async def _whole(self, tx: Transaction, near: Hall) -> Hall:
        """Return the hall with the states of all its seats."""
        states = await self._store.seats.states(tx, near.showtime.id)
        return Hall(near.showtime, near.layout, states, near.now)

    async def extend(self, viewer: Viewer, *, hold_token: str) -> HeldSeats:
        """Hold for ten minutes from now, up to thirty in all. Raises `HoldExpired`."""
        hold_id = self._hold_id(hold_token)

        async def work(tx: Transaction) -> HeldSeats:
            now = self._resources.now()
            known = await self._store.holds.find(tx, hold_id)
            if known is not None and known.order_id is not None:
                # Orders are locked before their holds, as everywhere.
                await self._store.orders.lock(tx, known.order_id)
            hold = await self._own_hold(tx, viewer, hold_id, now, ordered=True)
            await keep_longer(self._store, tx, hold, hold.extended(now))
            return await self._show(tx, viewer, hold_id)

        return await self._database.run(work)

    async def release(
        self, viewer: Viewer, *, hold_token: str, seat_ids: Sequence[str] | None = None
    ) -> HeldSeats | None:
        """Give back all seats of a hold, or some; None when none are left.

        Raises `HoldExpired`, `HoldOrdered`, `CompanionOnly`, `InvalidInput`.
        """
        hold_id = self._hold_id(hold_token)

        async def work(tx: Transaction) -> HeldSeats | None:
            now = self._resources.now()
            hold = await self._own_hold(tx, viewer, hold_id, now)
            showtime = await self._resources.lock_showtime(tx, hold.showtime_id)
            hall = await self._resources.hall(tx, showtime)
            own = {label for label, state in hall.states.items() if state.hold_id == hold_id}
            back = own
            if seat_ids is not None:
                named = labels_of(seat_ids, hold.showtime_id, most=seating.MAX_SEATS)
                back = set(require_seats(hall.layout, named)) & own
            kept = hall.layout.sort(own - back)
            missing = seating.missing_wheelchairs(hall.layout, kept)
            if missing:
                raise CompanionOnly(hall.views(missing, viewer.user_id))
            freed = await self._store.seats.free_held(
                tx, showtime_id=hold.showtime_id, hold_ids=[hold_id], labels=sorted(back), now=now
            )
            if freed:
                await self._seats.released(tx, hall.showtime, hall.layout.sort(freed))
            if kept:
                return HeldSeats(hold, hold_token, hall.views(kept, viewer.user_id, held_now=kept))
            await self._store.holds.close(tx, [hold_id])
            return None

        return await self._database.run(work)

    def _hold_id(self, token: str) -> str:
        hold_id = read_token(self._resources.key, token)
        if hold_id is None or not hold_id.startswith("hold_"):
            raise HoldExpired
        return hold_id

    def _token(self, hold: Hold) -> str:
        return make_token(self._resources.key, hold.id)

    async def _own_hold(
        self, tx: Transaction, viewer: Viewer, hold_id: str, now: datetime, *, ordered: bool = False
    ) -> Hold:
        hold = await self._store.holds.lock(tx, hold_id)
        return require_live(hold, viewer, now, ordered=ordered)

    async def _show(self, tx: Transaction, viewer: Viewer, hold_id: str) -> HeldSeats:
        hold = await self._store.holds.lock(tx, hold_id)
        hold = require_live(hold, viewer, self._resources.now(), ordered=True)
        showtime = await self._store.showtimes.find(tx, hold.showtime_id)
        assert showtime is not None, "showtimes are never deleted"
        hall = await self._resources.hall(tx, showtime)
        held = hall.layout.sort(label for label, state in hall.states.items() if state.hold_id == hold_id)
        return HeldSeats(hold, self._token(hold), hall.views(held, viewer.user_id, held_now=held))


def require_live(hold: Hold | None, viewer: Viewer, now: datetime, *, ordered: bool = False) -> Hold:
    """Return a live hold of the viewer; one that has an order only with `ordered`.

    The token alone gives the right to a guest's hold; a customer's hold is theirs alone. Raises
    `HoldExpired`, `HoldOrdered`.
    """
    if hold is None or (hold.user_id is not None and hold.user_id != viewer.user_id):
        raise HoldExpired
    if hold.order_id is not None and not ordered:
        raise HoldOrdered
    if not hold.is_live(now):
        raise HoldExpired
    return hold


async def keep_longer(store: TicketsStore, tx: Transaction, hold: Hold, until: datetime) -> None:
    """Keep a hold's seats, and its order, until then."""
    await store.seats.keep(tx, showtime_id=hold.showtime_id, hold_id=hold.id, held_until=until)
    await store.holds.update(tx, hold.id, expires_at=until)
    if hold.order_id is not None:
        await store.orders.update(tx, hold.order_id, expires_at=until)
