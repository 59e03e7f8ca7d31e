"""What pages tell of their visitors: counted by day, bounded, and never worth failing a page for.

Words searched for and pages seen are kept without whose they were.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from sqlalchemy.exc import DBAPIError

from marquee_subgraphs.analytics.domain import LONGEST_TEXT, TrackedEvent
from marquee_subgraphs.analytics.store import FactStore
from marquee_subgraphs.analytics.tables import MOVIES, SHOWTIMES
from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.kit.database import Database, DatabaseError
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.pace import Bucket, Pace
from marquee_subgraphs.kit.refusals import NotFound
from marquee_subgraphs.kit.validation import InputCheck

EVENTS_PER_MINUTE: Final = 60
_WINDOW: Final = timedelta(minutes=1)


class Tracking:
    """Takes what pages tell."""

    def __init__(
        self, *, database: Database, store: FactStore, clock: Clock, pace: Pace, logger: logging.Logger
    ) -> None:
        self._database = database
        self._store = store
        self._clock = clock
        self._pace = pace
        self._logger = logger

    async def track(
        self,
        viewer: Viewer,
        address: str | None,
        type_: TrackedEvent,
        *,
        movie_id: str | None,
        showtime_id: str | None,
        text: str | None,
    ) -> bool:
        """Count an event, of anybody; False when the store cannot take it just now.

        Raises `RateLimited`, `InvalidInputs`, `NotFound`.
        """
        now = self._clock.now()
        visitor = viewer.user_id or f"address {address}"
        await self._pace.take(Bucket(visitor, EVENTS_PER_MINUTE, _WINDOW), now)
        subject = _subject(type_, movie_id, showtime_id, text)
        try:
            async with self._database.transaction(durable=False) as tx:
                if type_ is TrackedEvent.MOVIE_VIEWED:
                    if not await self._store.knows(tx, MOVIES, subject):
                        raise NotFound("There is no such film.", ["input", "movieId"])
                elif type_ is not TrackedEvent.SEARCHED and not await self._store.knows(
                    tx, SHOWTIMES, subject
                ):
                    raise NotFound("There is no such showtime.", ["input", "showtimeId"])
                await self._store.count_tracked(tx, type_, subject, now.date())
                if viewer.user_id is not None:
                    await self._store.see_person(tx, viewer.user_id, now)
        except (DatabaseError, DBAPIError):
            self._logger.warning("a tracked event was lost", exc_info=True)
            return False
        return True


def _subject(type_: TrackedEvent, movie_id: str | None, showtime_id: str | None, text: str | None) -> str:
    """What an event is about: the film, the showtime or the words that its type needs."""
    with InputCheck() as check:
        if movie_id is not None:
            check.identifier("movieId", movie_id, "mov")
        if showtime_id is not None:
            check.identifier("showtimeId", showtime_id, "shw")
        words = check.optional_text("text", text, most=LONGEST_TEXT)
        match type_:
            case TrackedEvent.MOVIE_VIEWED:
                field, subject = "movieId", movie_id
            case TrackedEvent.SEARCHED:
                field, subject = "text", words
            case TrackedEvent.SEAT_MAP_OPENED | TrackedEvent.CHECKOUT_STARTED:
                field, subject = "showtimeId", showtime_id
        if subject is None:
            check.problem(field, f"is needed for {type_.value}")
    return (subject or "").casefold() if type_ is TrackedEvent.SEARCHED else subject or ""
