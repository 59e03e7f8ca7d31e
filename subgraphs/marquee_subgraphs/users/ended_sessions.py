"""`EndedSessions`: the sessions that ended while their access tokens were still good, in memory.

A router in the same process asks it, and so refuses such a token at once; `SessionTeller` tells routers in
other processes. It need not outlive the process: after a start a token lives for what is left of
`ACCESS_TOKEN_LIFETIME`. Must never wait for a store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.users.domain import ACCESS_TOKEN_LIFETIME

MOST_SESSIONS: Final = 100_000
"""The oldest are forgotten beyond; their tokens then hold until they expire."""


class EndedSessions:
    """Session ids, each for as long as a token of it may be good."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[str, datetime] = {}
        self.changes = 0
        """How many sessions were added."""
        self.on_added: Callable[[Mapping[str, datetime]], None] = lambda _: None
        """Called with sessions that were added, each with the end of its last token."""

    def add(self, session_ids: Iterable[str]) -> None:
        """Remember sessions that ended just now."""
        now = self._clock.now()
        added = dict.fromkeys(session_ids, now + ACCESS_TOKEN_LIFETIME)
        for session_id, until in added.items():
            self._until.pop(session_id, None)
            self._until[session_id] = until
        self.changes += len(added)
        self.on_added(added)
        # In the order in which they ended, so the first are the first to go.
        while self._until:
            first = next(iter(self._until))
            if self._until[first] > now and len(self._until) <= MOST_SESSIONS:
                break
            del self._until[first]

    def is_revoked(self, claims: Mapping[str, Any]) -> bool:
        """Whether the access token with these claims belongs to a session that has ended."""
        return claims.get("sid") in self._until

    def __len__(self) -> int:
        return len(self._until)
