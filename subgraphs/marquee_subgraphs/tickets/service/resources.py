"""`Resources`: what every use case of tickets works with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.database import Connection, Transaction
from marquee_subgraphs.kit.live import Topics
from marquee_subgraphs.kit.refusals import NotFound
from marquee_subgraphs.tickets.domain.hall import Hall
from marquee_subgraphs.tickets.domain.showtimes import Showtime
from marquee_subgraphs.tickets.service.layouts import Layouts
from marquee_subgraphs.tickets.store import TicketsStore


@dataclass(frozen=True, slots=True)
class Resources:
    """The store and the events, the live topics, and the key that signs codes and tokens."""

    backend: Backend
    store: TicketsStore
    topics: Topics[int]
    key: bytes
    layouts: Layouts

    def now(self) -> datetime:
        """Return the moment by which everything is decided and written."""
        return self.backend.clock.now()

    async def lock_showtime(self, tx: Transaction, showtime_id: str) -> Showtime:
        """Lock a showtime that exists, because something refers to it, and count a change of its seats."""
        showtime = await self.store.showtimes.advance(tx, showtime_id)
        assert showtime is not None, "showtimes are never deleted"
        return showtime

    async def lock_requested_showtime(self, tx: Transaction, showtime_id: str) -> Showtime:
        """Lock a showtime that a request names, and count a change of its seats. Raises `NotFound`."""
        showtime = await self.store.showtimes.advance(tx, showtime_id)
        if showtime is None:
            raise NotFound("There is no such showtime.", ["input", "showtimeId"])
        return showtime

    async def hall(self, connection: Connection, showtime: Showtime) -> Hall:
        """Return the seats of a showtime as they are now."""
        layout = await self.layouts.of_one(connection, showtime.id)
        return Hall(showtime, layout, await self.store.seats.states(connection, showtime.id), self.now())

    def notify_order(self, tx: Transaction, order_id: str) -> None:
        """Have the subscribers of an order look at it once `tx` has committed."""
        tx.after_commit(partial(self.topics.publish, order_topic(order_id), 0))


def seats_topic(showtime_id: str) -> str:
    """Return the live topic of a showtime's seats; its messages are versions."""
    return f"seats:{showtime_id}"


def order_topic(order_id: str) -> str:
    """Return the live topic of an order; a message says only that it changed."""
    return f"order:{order_id}"
