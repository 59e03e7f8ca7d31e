"""Seat changes: each is logged under the showtime's new version, published, and sent to who watches the map.

Seats that become free are offered to the waitlist in the same transaction, so nobody can be faster.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.events import Envelope
from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.tickets.domain.holds import Hold
from marquee_subgraphs.tickets.domain.showtimes import Showtime
from marquee_subgraphs.tickets.domain.waitlist import OFFER_TTL, choose_offers
from marquee_subgraphs.tickets.events.published import (
    SeatsHeld,
    SeatsReleased,
    SeatsSold,
    WaitlistOffered,
)
from marquee_subgraphs.tickets.service.resources import Resources, seats_topic

_ENTRIES_CONSIDERED: Final = 100
"""How many entries of a waitlist are looked at each time seats become free."""


class SeatChanges:
    """Announces changes of seats; each method joins the transaction of the change.

    The caller has locked the showtime, and `showtime` is what the lock returned: its `seat_version` is new.
    """

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._store = resources.store
        self._outbox = resources.backend.outbox

    async def held(self, tx: Transaction, showtime: Showtime, labels: Sequence[str]) -> None:
        """Announce seats that somebody holds."""
        await self.log(tx, showtime, labels)
        event = SeatsHeld(showtime_id=showtime.id, seat_labels=tuple(labels))
        await self._outbox.add(tx, event, aggregate_id=showtime.id)

    async def sold(
        self,
        tx: Transaction,
        showtime: Showtime,
        labels: Sequence[str],
        *,
        order_id: str,
        cause: Envelope | None = None,
    ) -> None:
        """Announce seats that an order bought."""
        await self.log(tx, showtime, labels)
        event = SeatsSold(showtime_id=showtime.id, seat_labels=tuple(labels), order_id=order_id)
        await self._outbox.add(tx, event, aggregate_id=showtime.id, cause=cause)

    async def released(
        self,
        tx: Transaction,
        showtime: Showtime,
        labels: Sequence[str],
        *,
        order_id: str | None = None,
        cause: Envelope | None = None,
    ) -> None:
        """Announce seats that are free again, and offer them to the waitlist."""
        await self.log(tx, showtime, labels)
        event = SeatsReleased(showtime_id=showtime.id, seat_labels=tuple(labels), order_id=order_id)
        await self._outbox.add(tx, event, aggregate_id=showtime.id, cause=cause)
        await self.offer_free(tx, showtime.id)

    async def moved(self, tx: Transaction, showtime: Showtime, *, order_id: str, old: str, new: str) -> None:
        """Announce that an order has the seat `new` in place of `old`, and offer that to the waitlist."""
        await self.log(tx, showtime, [old, new])
        sold = SeatsSold(showtime_id=showtime.id, seat_labels=(new,), order_id=order_id)
        released = SeatsReleased(showtime_id=showtime.id, seat_labels=(old,), order_id=order_id)
        await self._outbox.add(tx, sold, aggregate_id=showtime.id)
        await self._outbox.add(tx, released, aggregate_id=showtime.id)
        await self.offer_free(tx, showtime.id)

    async def log(self, tx: Transaction, showtime: Showtime, labels: Sequence[str]) -> None:
        """Log a change and send its version to the watchers; publishes no event."""
        version = showtime.seat_version
        await self._store.seat_changes.add(tx, showtime_id=showtime.id, version=version, labels=labels)
        tx.after_commit(partial(self._resources.topics.publish, seats_topic(showtime.id), version))

    async def offer_free(self, tx: Transaction, showtime_id: str) -> None:
        """Hold what is free for those who have waited longest, and publish the offers.

        Every transaction that frees seats calls this after it has locked the showtime. Nothing happens when
        nobody waits.
        """
        waiting = await self._store.waitlist.find_waiting(tx, showtime_id, limit=_ENTRIES_CONSIDERED)
        if not waiting:
            return
        # A version of its own: watchers have to see the seats free first and then held.
        showtime = await self._store.showtimes.advance(tx, showtime_id)
        now = self._resources.now()
        if showtime is None or not showtime.sells_at(now):
            return
        hall = await self._resources.hall(tx, showtime)
        offered: list[str] = []
        for entry, labels in choose_offers(waiting, hall.layout, hall.free()):
            until = min(now + OFFER_TTL, showtime.sales_close_at)
            hold = Hold(new_id("hold", now), showtime_id, entry.user_id, now, until)
            await self._store.holds.save(tx, hold)
            claimed = await self._store.seats.claim(tx, hold, labels, now)
            assert claimed == set(labels), "the showtime is locked, so nobody was faster"
            await self._store.waitlist.update(tx, entry.id, hold_id=hold.id)
            offer = WaitlistOffered.of(entry, showtime, hold, labels=labels, key=self._resources.key)
            await self._outbox.add(tx, offer, aggregate_id=entry.id)
            offered += labels
        if offered:
            await self.held(tx, showtime, hall.layout.sort(offered))
