"""What every use case of tickets works with: store, clock, events, live topics, the key that signs.

Also the few steps that several use cases share; each joins the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from marquee_foundation.lru import LeastRecentlyUsed
from marquee_subgraphs.kit.audit import AuditLog
from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.kit.database import Connection, Database, Transaction
from marquee_subgraphs.kit.events import Envelope
from marquee_subgraphs.kit.idempotency import Idempotency
from marquee_subgraphs.kit.identity import STAFF_ROLES, Viewer
from marquee_subgraphs.kit.live import Topics
from marquee_subgraphs.tickets import store
from marquee_subgraphs.tickets.domain.layout import Layout
from marquee_subgraphs.tickets.domain.showtimes import Showtime
from marquee_subgraphs.tickets.events.published import TicketEvents
from marquee_subgraphs.tickets.service.waitlist import offer_seats

_LAYOUTS_KEPT: Final = 512


class Layouts:
    """Layouts by showtime, read once: a layout never changes, so keeping it decides nothing."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: LeastRecentlyUsed[str, Layout] = LeastRecentlyUsed(_LAYOUTS_KEPT)

    async def of(self, connection: Connection, showtime_ids: Sequence[str]) -> dict[str, Layout]:
        """Return the layouts of showtimes; one statement for all that are not kept."""
        kept = {showtime_id: self._kept.get(showtime_id) for showtime_id in showtime_ids}
        found = {showtime_id: layout for showtime_id, layout in kept.items() if layout is not None}
        missing = [showtime_id for showtime_id in showtime_ids if showtime_id not in found]
        if missing:
            for showtime_id, places in (await store.read_places(connection, missing)).items():
                found[showtime_id] = Layout(places)
                self._kept.put(showtime_id, found[showtime_id])
        return found

    def forget(self) -> None:
        """Read every layout anew, as a fresh process does."""
        self._kept.clear()

    async def of_one(self, connection: Connection, showtime_id: str) -> Layout:
        """Return the layout of one showtime; a showtime is never kept without."""
        return (await self.of(connection, [showtime_id]))[showtime_id]


@dataclass(frozen=True, slots=True)
class BoxOffice:
    """The surroundings of the use cases."""

    database: Database
    clock: Clock
    events: TicketEvents
    audit: AuditLog
    idempotency: Idempotency
    topics: Topics[int]
    key: bytes
    layouts: Layouts = field(default_factory=Layouts)

    async def tell_seats(
        self,
        tx: Transaction,
        change: str,
        showtime: Showtime,
        labels: Sequence[str],
        *,
        order_id: str | None = None,
        cause: Envelope | None = None,
    ) -> None:
        """Log a change of seats under the showtime's new version, and tell subgraphs and watchers of it.

        Seats that were released are offered to who waits for them.
        """
        await self.tell_watchers(tx, showtime, labels)
        await self.events.seats(tx, change, showtime.id, labels, order_id=order_id, cause=cause)
        if change == "released":
            await offer_seats(self, tx, showtime.id)

    async def tell_watchers(self, tx: Transaction, showtime: Showtime, labels: Sequence[str]) -> None:
        """Log a change that only watchers of the seat map care for."""
        await store.log_change(tx, showtime_id=showtime.id, version=showtime.seat_version, labels=labels)
        tx.after_commit(lambda: self.topics.publish(seats_topic(showtime.id), showtime.seat_version))

    def tell_order(self, tx: Transaction, order_id: str) -> None:
        """Tell who watches an order, once the change is durable."""
        tx.after_commit(lambda: self.topics.publish(order_topic(order_id), 0))


def seats_topic(showtime_id: str) -> str:
    """The live topic of a showtime's seats; messages are versions."""
    return f"seats:{showtime_id}"


def order_topic(order_id: str) -> str:
    """The live topic of an order; a message says no more than "look"."""
    return f"order:{order_id}"


def role_of(viewer: Viewer) -> str:
    """The role under which a deed is audited."""
    return next((role for role in ("admin", "manager", "box_office") if role in viewer.roles), "customer")


def cinemas_seen_by(viewer: Viewer) -> frozenset[str] | None:
    """The cinemas whose orders a member of staff sees; None means all."""
    if viewer.is_admin:
        return None
    return viewer.cinemas if not STAFF_ROLES.isdisjoint(viewer.roles) else frozenset()
