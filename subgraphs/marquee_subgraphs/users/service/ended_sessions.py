"""`EndedSessions`: the sessions that ended while their access tokens were still valid, in memory.

A router in the same process asks it, and so refuses such a token at once. Routers in other processes learn of
them by `adapters.ended_session_publisher`. The record need not survive the process: an access token expires
after `ACCESS_TOKEN_LIFETIME`. Never waits for a store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.users.domain import ACCESS_TOKEN_LIFETIME

MOST_SESSIONS: Final = 100_000
"""Beyond this number the oldest are forgotten; their tokens are then accepted until they expire."""


class EndedSessions:
    """Ids of ended sessions, each kept until its last access token has expired."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ends: dict[str, datetime] = {}
        self.changes = 0
        """Number of sessions that were added."""
        self.on_added: Callable[[Mapping[str, datetime]], None] = lambda _: None
        """Called with the sessions that were added, each with the end of its last access token."""

    def add(self, session_ids: Iterable[str]) -> None:
        """Remember sessions that end now."""
        now = self._clock.now()
        added = dict.fromkeys(session_ids, now + ACCESS_TOKEN_LIFETIME)
        for session_id, end in added.items():
            self._ends.pop(session_id, None)
            self._ends[session_id] = end
        self.changes += len(added)
        self.on_added(added)
        self._forget(now)

    def is_revoked(self, claims: Mapping[str, Any]) -> bool:
        """True if the access token with these claims belongs to a session that has ended."""
        return claims.get("sid") in self._ends

    def __len__(self) -> int:
        return len(self._ends)

    def _forget(self, now: datetime) -> None:
        # All tokens live equally long, so the dictionary is in the order in which they expire.
        while self._ends:
            first = next(iter(self._ends))
            if self._ends[first] > now and len(self._ends) <= MOST_SESSIONS:
                return
            del self._ends[first]
