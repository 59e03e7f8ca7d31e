"""`Layouts`: the layouts of showtimes, each read once per process. A layout never changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from marquee_foundation.lru import LeastRecentlyUsed
from marquee_subgraphs.kit.database import Connection
from marquee_subgraphs.tickets.domain.layout import Layout
from marquee_subgraphs.tickets.store.showtimes import ShowtimeStore

_MOST_KEPT: Final = 512


class Layouts:
    """Reads layouts and keeps the last ones that were used."""

    __slots__ = ("_kept", "_showtimes")

    def __init__(self, showtimes: ShowtimeStore) -> None:
        self._showtimes = showtimes
        self._kept: LeastRecentlyUsed[str, Layout] = LeastRecentlyUsed(_MOST_KEPT)

    async def of(self, connection: Connection, showtime_ids: Sequence[str]) -> dict[str, Layout]:
        """Return the layouts of showtimes; one statement for all that are not kept."""
        kept = {showtime_id: self._kept.get(showtime_id) for showtime_id in showtime_ids}
        found = {showtime_id: layout for showtime_id, layout in kept.items() if layout is not None}
        missing = [showtime_id for showtime_id in showtime_ids if showtime_id not in found]
        if missing:
            for showtime_id, places in (await self._showtimes.places(connection, missing)).items():
                found[showtime_id] = Layout(places)
                self._kept.put(showtime_id, found[showtime_id])
        return found

    async def of_one(self, connection: Connection, showtime_id: str) -> Layout:
        """Return the layout of one showtime that exists: the two are always written together."""
        return (await self.of(connection, [showtime_id]))[showtime_id]

    def forget(self) -> None:
        """Drop every layout, so that the next use reads it, as in a new process."""
        self._kept.clear()
