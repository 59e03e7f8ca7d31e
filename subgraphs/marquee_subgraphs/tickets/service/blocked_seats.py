"""Blocked seats: staff takes unsold seats out of sale, or puts them back. All seats of a request, or none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from marquee_subgraphs.kit.audit import Deed
from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.validation import InputCheck
from marquee_subgraphs.tickets.domain.hall import SeatView
from marquee_subgraphs.tickets.domain.seat_states import SeatStatus
from marquee_subgraphs.tickets.service.requested_seats import labels_of, require_seats, unavailable
from marquee_subgraphs.tickets.service.resources import Resources
from marquee_subgraphs.tickets.service.seat_changes import SeatChanges
from marquee_subgraphs.tickets.service.staff import role_of

SCOPE_BLOCK: Final = "seats:block"
_MOST_AT_ONCE: Final = 1_000


class BlockedSeats:
    """The use case `blockSeats`."""

    def __init__(self, resources: Resources, seats: SeatChanges) -> None:
        self._resources = resources
        self._store = resources.store
        self._seats = seats

    async def block(
        self, viewer: Viewer, *, showtime_id: str, seat_ids: Sequence[str], blocked: bool, reason: str
    ) -> list[SeatView]:
        """Take unsold seats out of sale, or put them back; audited. Return the seats as they are then.

        Raises `NotAllowed`, `NotFound`, `SeatsUnavailable`, `InvalidInput`.
        """
        actor = viewer.require_scope(SCOPE_BLOCK)
        with InputCheck() as check:
            reason = check.text("reason", reason, most=500)
        labels = labels_of(seat_ids, showtime_id, most=_MOST_AT_ONCE)

        async def work(tx: Transaction) -> list[SeatView]:
            showtime = await self._resources.lock_requested_showtime(tx, showtime_id)
            hall = await self._resources.hall(tx, showtime)
            viewer.require_works_at(showtime.cinema_id, SCOPE_BLOCK)
            wanted = require_seats(hall.layout, labels)
            before = {view.place.label: view.status for view in hall.views(wanted, None)}
            done = SeatStatus.BLOCKED if blocked else SeatStatus.AVAILABLE
            change = [label for label in wanted if before[label] is not done]
            allowed = SeatStatus.AVAILABLE if blocked else SeatStatus.BLOCKED
            taken = [label for label in change if before[label] is not allowed]
            if taken:
                raise unavailable(hall, taken, len(wanted), viewer, actor)
            if change:
                write = self._store.seats.block if blocked else self._store.seats.unblock
                written = await write(tx, showtime_id=showtime_id, labels=change, now=hall.now)
                assert written == set(change), "the showtime is locked, so nobody was faster"
                await self._seats.log(tx, showtime, change)
                if not blocked:
                    await self._seats.offer_free(tx, showtime_id)
            deed = Deed(
                actor_id=actor,
                actor_role=role_of(viewer),
                action="blockSeats",
                target=showtime_id,
                reason=reason,
                before=before,
                after=dict.fromkeys(wanted, done),
            )
            await self._resources.backend.audit.append(tx, deed)
            return (await self._resources.hall(tx, showtime)).views(wanted, viewer.user_id)

        return await self._resources.backend.database.run(work)
