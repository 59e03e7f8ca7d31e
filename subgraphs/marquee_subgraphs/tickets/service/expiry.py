"""Expiry: writes down that the time of holds and orders is up.

Nothing depends on it: an expired hold reads as expired before, and the next claim takes its seats over. The
sweep only frees the rows, publishes the end and offers the seats to the waitlist.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.tickets.domain.holds import Hold
from marquee_subgraphs.tickets.domain.orders import OrderStatus
from marquee_subgraphs.tickets.service.resources import Resources
from marquee_subgraphs.tickets.service.sale import Sale
from marquee_subgraphs.tickets.service.seat_changes import SeatChanges

_HOLDS_AT_ONCE: Final = 200


class Expiry:
    """Ends what has expired; a round is safe to repeat and to run in several processes at once."""

    def __init__(self, resources: Resources, seats: SeatChanges, sale: Sale) -> None:
        self._resources = resources
        self._store = resources.store
        self._database = resources.backend.database
        self._seats = seats
        self._sale = sale

    async def sweep(self) -> None:
        """End what has expired until nothing is left."""
        while await self.end_expired() == _HOLDS_AT_ONCE:
            pass

    async def end_expired(self) -> int:
        """End holds and orders whose time is up, at most 200; return how many."""
        now = self._resources.now()
        async with self._database.read() as connection:
            holds = await self._store.holds.find_expired(connection, now=now, limit=_HOLDS_AT_ONCE)
        for hold in holds:
            await self._database.run(partial(self._end, found=hold))
        return len(holds)

    async def _end(self, tx: Transaction, *, found: Hold) -> None:
        now = self._resources.now()
        order = None if found.order_id is None else await self._store.orders.lock(tx, found.order_id)
        hold = await self._store.holds.lock(tx, found.id)
        # It may have been extended, ordered or ended since it was found.
        if hold is None or not hold.is_open or hold.expires_at > now or hold.order_id != found.order_id:
            return
        if order is not None and order.status is OrderStatus.PENDING_PAYMENT:
            await self._sale.end_unpaid(tx, order, OrderStatus.EXPIRED)
            return
        await release_hold(self._resources, self._seats, tx, hold)


async def release_hold(resources: Resources, seats: SeatChanges, tx: Transaction, hold: Hold) -> None:
    """Close a hold without an order and free the seats that it still holds."""
    showtime = await resources.lock_showtime(tx, hold.showtime_id)
    freed = await resources.store.seats.free_held(
        tx, showtime_id=hold.showtime_id, hold_ids=[hold.id], now=resources.now()
    )
    if freed:
        await seats.released(tx, showtime, sorted(freed))
    await resources.store.holds.close(tx, [hold.id])
