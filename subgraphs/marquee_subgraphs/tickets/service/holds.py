"""Holding, keeping and giving back seats, and taking them out of sale. All seats of a request, or none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.idempotency import Answered, fingerprint
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.kit.refusals import InvalidInput, NotFound
from marquee_subgraphs.kit.validation import InputCheck
from marquee_subgraphs.tickets import store
from marquee_subgraphs.tickets.domain import seating
from marquee_subgraphs.tickets.domain.codes import make_token, read_token
from marquee_subgraphs.tickets.domain.hall import Hall, SeatView
from marquee_subgraphs.tickets.domain.holds import HOLD_TTL, Hold
from marquee_subgraphs.tickets.domain.identifiers import is_askable, read_seat_id
from marquee_subgraphs.tickets.domain.layout import Layout
from marquee_subgraphs.tickets.domain.seat_states import SeatStatus, count_of_user, free_seats
from marquee_subgraphs.tickets.domain.showtimes import Showtime
from marquee_subgraphs.tickets.errors import (
    CompanionOnly,
    HoldExpired,
    HoldOrdered,
    LonelySeat,
    SalesClosed,
    SeatsUnavailable,
    TooManySeats,
)
from marquee_subgraphs.tickets.service.box_office import BoxOffice, role_of
from marquee_subgraphs.tickets.service.held_seats import HeldSeats
from marquee_subgraphs.tickets.service.waitlist import offer_seats

_SCOPE_BLOCK = "seats:block"
_MOST_BLOCKED_AT_ONCE = 1_000


def labels_of(seat_ids: Sequence[str], showtime_id: str, *, most: int) -> list[str]:
    """Return the labels of seats of one showtime. Raises `InvalidInput`, `TooManySeats`."""
    if len(seat_ids) > most:
        raise TooManySeats(most)
    labels: list[str] = []
    with InputCheck() as check:
        if not is_askable(showtime_id):
            check.problem("showtimeId", "is not a valid id")
        check.count("seatIds", list(seat_ids), most=most)
        for seat_id in seat_ids:
            seat = read_seat_id(seat_id)
            if seat is None or seat[0] != showtime_id:
                check.problem("seatIds", "names something that is no seat of this showtime")
                break
            labels.append(seat[1])
    return labels


def require_seats(layout: Layout, labels: Sequence[str], *, field: str = "seatIds") -> list[str]:
    """Return the labels in the order of the room. Raises `InvalidInput` when the room lacks one."""
    if any(label not in layout for label in labels):
        raise InvalidInput("names something that is no seat of this showtime", ["input", field])
    return layout.sort(labels)


class Holds:
    """The use cases of holds."""

    def __init__(self, office: BoxOffice) -> None:
        self._office = office

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
        """Hold all these seats for ten minutes, or add them to a hold; `client` tells guests apart.

        Raises `SeatsUnavailable`, `TooManySeats`, `LonelySeat`, `CompanionOnly`, `HoldExpired`,
        `HoldOrdered`, `SalesClosed`, `NotFound`, `InvalidInput`, `IdempotencyConflict`.
        """
        labels = labels_of(seat_ids, showtime_id, most=seating.MAX_SEATS)
        if idempotency_key is not None:
            with InputCheck() as check:
                check.idempotency_key(idempotency_key)
        hold_id = self._hold_id(hold_token) if hold_token is not None else None
        # Who is too late together must not be sent to the same seats together.
        lot = f"{viewer.user_id or client} {idempotency_key or hold_id}"

        async def work(tx: Transaction) -> HeldSeats:
            slot = None
            if idempotency_key is not None:
                known = await self._office.idempotency.run(
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

        return await self._office.database.run(work)

    async def _claim(
        self,
        tx: Transaction,
        viewer: Viewer,
        showtime_id: str,
        labels: list[str],
        hold_id: str | None,
        lot: str,
    ) -> HeldSeats:
        now = self._office.clock.now()
        hold = None if hold_id is None else await self._own_hold(tx, viewer, hold_id, now)
        if hold is not None and hold.showtime_id != showtime_id:
            raise InvalidInput("is for another showtime", ["input", "holdToken"])
        showtime = await self._advance(tx, showtime_id)
        if not showtime.sells_at(now):
            raise SalesClosed
        layout = await self._office.layouts.of_one(tx, showtime_id)
        labels = require_seats(layout, labels)
        # The rules look at no more than the rows of these seats and at what the customer has already.
        states = await store.read_states_near(
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
            await store.save_hold(tx, hold)
        if wanted:
            claimed = await store.claim_seats(
                tx,
                showtime_id=showtime_id,
                labels=wanted,
                hold_id=hold.id,
                user_id=hold.user_id,
                held_until=hold.expires_at,
                now=now,
            )
            if len(claimed) != len(wanted):
                lost = [label for label in wanted if label not in claimed]
                raise await self._unavailable(tx, near, lost, wanted, viewer, lot)
            await self._office.tell_seats(tx, "held", showtime, wanted)
        held = layout.sort([*own, *wanted])
        return HeldSeats(hold, self._token(hold), near.views(held, viewer.user_id, held_now=held))

    async def _check_rules(
        self, tx: Transaction, viewer: Viewer, near: Hall, wanted: Sequence[str], own: set[str], lot: str
    ) -> None:
        layout, user_id = near.layout, viewer.user_id
        free = free_seats(layout.rows_of(wanted), near.states, near.now)
        taken = [label for label in wanted if label not in free]
        if taken:
            raise await self._unavailable(tx, near, taken, wanted, viewer, lot)
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
            tidy = seating.choose_tidy(layout, whole.free(), len(wanted), lot)
            if tidy:
                raise LonelySeat(whole.views(lonely, user_id), whole.views(tidy, user_id))

    async def _unavailable(
        self,
        tx: Transaction,
        hall: Hall,
        taken: Sequence[str],
        wanted: Sequence[str],
        viewer: Viewer,
        lot: str,
    ) -> SeatsUnavailable:
        whole = await self._whole(tx, hall)
        alternatives = seating.choose_apart(hall.layout, whole.free() - set(taken), len(wanted), lot)
        return SeatsUnavailable(whole.views(taken, viewer.user_id), whole.views(alternatives, viewer.user_id))

    async def _whole(self, tx: Transaction, hall: Hall) -> Hall:
        """The same hall with the states of all its seats."""
        states = await store.read_states(tx, hall.showtime.id)
        return Hall(hall.showtime, hall.layout, states, hall.now)

    async def extend(self, viewer: Viewer, *, hold_token: str) -> HeldSeats:
        """Hold for ten minutes from now, up to thirty in all. Raises `HoldExpired`."""
        hold_id = self._hold_id(hold_token)

        async def work(tx: Transaction) -> HeldSeats:
            now = self._office.clock.now()
            known = await store.find_hold(tx, hold_id)
            if known is not None and known.order_id is not None:
                # Orders are locked before their holds, everywhere.
                await store.lock_order(tx, known.order_id)
            hold = await self._own_hold(tx, viewer, hold_id, now, ordered=True)
            await keep_longer(tx, hold, hold.extended(now))
            return await self._show(tx, viewer, hold_id)

        return await self._office.database.run(work)

    async def release(
        self, viewer: Viewer, *, hold_token: str, seat_ids: Sequence[str] | None = None
    ) -> HeldSeats | None:
        """Give back all seats of a hold, or some; None when none are left.

        Raises `HoldExpired`, `HoldOrdered`, `CompanionOnly`, `InvalidInput`.
        """
        hold_id = self._hold_id(hold_token)

        async def work(tx: Transaction) -> HeldSeats | None:
            now = self._office.clock.now()
            hold = await self._own_hold(tx, viewer, hold_id, now)
            hall = await self._open_hall(tx, hold.showtime_id, now)
            own = {label for label, state in hall.states.items() if state.hold_id == hold_id}
            back = own
            if seat_ids is not None:
                named = labels_of(seat_ids, hold.showtime_id, most=seating.MAX_SEATS)
                back = set(require_seats(hall.layout, named)) & own
            kept = hall.layout.sort(own - back)
            missing = seating.missing_wheelchairs(hall.layout, kept)
            if missing:
                raise CompanionOnly(hall.views(missing, viewer.user_id))
            freed = await store.free_held(
                tx, showtime_id=hold.showtime_id, hold_ids=[hold_id], labels=sorted(back), now=now
            )
            if freed:
                await self._office.tell_seats(tx, "released", hall.showtime, hall.layout.sort(freed))
            if kept:
                return HeldSeats(hold, hold_token, hall.views(kept, viewer.user_id, held_now=kept))
            await store.close_holds(tx, [hold_id])
            return None

        return await self._office.database.run(work)

    async def block(
        self, viewer: Viewer, *, showtime_id: str, seat_ids: Sequence[str], blocked: bool, reason: str
    ) -> list[SeatView]:
        """Take unsold seats out of sale, or put them back; audited.

        Raises `NotAllowed`, `NotFound`, `SeatsUnavailable`, `InvalidInput`.
        """
        actor = viewer.require_scope(_SCOPE_BLOCK)
        with InputCheck() as check:
            reason = check.text("reason", reason, most=500)
        labels = labels_of(seat_ids, showtime_id, most=_MOST_BLOCKED_AT_ONCE)

        async def work(tx: Transaction) -> list[SeatView]:
            now = self._office.clock.now()
            hall = await self._open_hall(tx, showtime_id, now)
            viewer.require_works_at(hall.showtime.cinema_id, _SCOPE_BLOCK)
            wanted = require_seats(hall.layout, labels)
            done = SeatStatus.BLOCKED if blocked else SeatStatus.AVAILABLE
            before = {view.place.label: view.status for view in hall.views(wanted, None)}
            change = [label for label in wanted if before[label] is not done]
            allowed = SeatStatus.AVAILABLE if blocked else SeatStatus.BLOCKED
            taken = [label for label in change if before[label] is not allowed]
            if taken:
                raise await self._unavailable(tx, hall, taken, wanted, viewer, actor)
            if change:
                write = store.block_seats if blocked else store.unblock_seats
                written = await write(tx, showtime_id=showtime_id, labels=change, now=now)
                assert written == set(change), "the showtime's row is held, so nobody was faster"
                await self._office.tell_watchers(tx, hall.showtime, change)
                if not blocked:
                    await offer_seats(self._office, tx, showtime_id)
            await self._office.audit.record(
                tx,
                actor_id=actor,
                actor_role=role_of(viewer),
                action="blockSeats",
                target=showtime_id,
                reason=reason,
                before=before,
                after=dict.fromkeys(wanted, done),
            )
            states = await store.read_states(tx, showtime_id)
            return Hall(hall.showtime, hall.layout, states, now).views(wanted, viewer.user_id)

        return await self._office.database.run(work)

    def _hold_id(self, token: str) -> str:
        hold_id = read_token(self._office.key, token)
        if hold_id is None or not hold_id.startswith("hold_"):
            raise HoldExpired
        return hold_id

    def _token(self, hold: Hold) -> str:
        return make_token(self._office.key, hold.id)

    async def _own_hold(
        self, tx: Transaction, viewer: Viewer, hold_id: str, now: datetime, *, ordered: bool = False
    ) -> Hold:
        hold = await store.lock_hold(tx, hold_id)
        return require_live(hold, viewer, now, ordered=ordered)

    async def _advance(self, tx: Transaction, showtime_id: str) -> Showtime:
        showtime = await store.advance_version(tx, showtime_id)
        if showtime is None:
            raise NotFound("There is no such showtime.", ["input", "showtimeId"])
        return showtime

    async def _open_hall(self, tx: Transaction, showtime_id: str, now: datetime) -> Hall:
        showtime = await self._advance(tx, showtime_id)
        layout = await self._office.layouts.of_one(tx, showtime_id)
        return Hall(showtime, layout, await store.read_states(tx, showtime_id), now)

    async def _show(self, tx: Transaction, viewer: Viewer, hold_id: str) -> HeldSeats:
        hold = await store.lock_hold(tx, hold_id)
        hold = require_live(hold, viewer, self._office.clock.now(), ordered=True)
        showtime = await _require_showtime(tx, hold.showtime_id)
        layout = await self._office.layouts.of_one(tx, hold.showtime_id)
        states = await store.read_states(tx, hold.showtime_id)
        held = layout.sort(label for label, state in states.items() if state.hold_id == hold_id)
        hall = Hall(showtime, layout, states, self._office.clock.now())
        return HeldSeats(hold, self._token(hold), hall.views(held, viewer.user_id, held_now=held))


def require_live(hold: Hold | None, viewer: Viewer, now: datetime, *, ordered: bool = False) -> Hold:
    """Return a hold that lives and is the viewer's; `ordered` ones only when asked for.

    The token is the right to a guest's hold; a signed-in customer's is theirs alone. Raises
    `HoldExpired`, `HoldOrdered`.
    """
    if hold is None or (hold.user_id is not None and hold.user_id != viewer.user_id):
        raise HoldExpired
    if hold.order_id is not None and not ordered:
        raise HoldOrdered
    if not hold.is_live(now):
        raise HoldExpired
    return hold


async def keep_longer(tx: Transaction, hold: Hold, until: datetime) -> bool:
    """Keep a hold's seats, and its order, until then; False when some are no longer its own."""
    kept = await store.keep_seats(tx, showtime_id=hold.showtime_id, hold_id=hold.id, held_until=until)
    await store.update_hold(tx, hold.id, expires_at=until)
    if hold.order_id is not None:
        await store.update_order(tx, hold.order_id, expires_at=until)
    return kept > 0


async def _require_showtime(tx: Transaction, showtime_id: str) -> Showtime:
    showtime = await store.find_showtime(tx, showtime_id)
    assert showtime is not None, "a hold is for a showtime that is known"
    return showtime
