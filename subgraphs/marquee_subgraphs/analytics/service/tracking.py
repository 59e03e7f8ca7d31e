"""Tracking: counts by day what pages report about their visitors, with a limit for each visitor.

Searched words and opened pages are stored without the visitor.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from marquee_subgraphs.analytics.domain import LONGEST_TEXT, TrackedEvent
from marquee_subgraphs.analytics.store import STORE_FAILURES, AnalyticsStore
from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.pace import Bucket, Pace
from marquee_subgraphs.kit.refusals import NotFound
from marquee_subgraphs.kit.validation import InputCheck

EVENTS_PER_MINUTE: Final = 60
_WINDOW: Final = timedelta(minutes=1)


class Tracking:
    """The use case `trackEvent`."""

    def __init__(self, backend: Backend, store: AnalyticsStore, pace: Pace, logger: logging.Logger) -> None:
        self._database = backend.database
        self._clock = backend.clock
        self._store = store.facts
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
        """Count an event of any visitor; False when the store cannot be written to.

        Raises `RateLimited`, `InvalidInputs`, `NotFound`.
        """
        now = self._clock.now()
        visitor = viewer.user_id or f"address {address}"
        await self._pace.take(Bucket(visitor, EVENTS_PER_MINUTE, _WINDOW), now)
        subject = _subject(type_, movie_id, showtime_id, text)
        try:
            async with self._database.transaction(durable=False) as tx:
                if type_ is TrackedEvent.MOVIE_VIEWED:
                    if not await self._store.knows_movie(tx, subject):
                        raise NotFound("There is no such film.", ["input", "movieId"])
                elif type_ is not TrackedEvent.SEARCHED and not await self._store.knows_showtime(tx, subject):
                    raise NotFound("There is no such showtime.", ["input", "showtimeId"])
                await self._store.count_tracked(tx, type_, subject, now.date())
                if viewer.user_id is not None:
                    await self._store.see_person(tx, viewer.user_id, now)
        except STORE_FAILURES:
            # A visitor must never see an error because a figure could not be counted.
            self._logger.warning("a tracked event was lost", exc_info=True)
            return False
        return True


def _subject(type_: TrackedEvent, movie_id: str | None, showtime_id: str | None, text: str | None) -> str:
    """Return what an event is about: the film, the showtime or the words that its type requires."""
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
