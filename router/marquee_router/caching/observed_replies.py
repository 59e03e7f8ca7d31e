"""Collects the `Cache-Control` of all subgraph replies that one answer is made of.

Used only with `cache_control.from_subgraphs` or with the cache; otherwise exchanges are plain ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from marquee_router.caching.answer_policies import AnswerPolicy
from marquee_router.caching.policy import UNSAID, CachePolicy, parse_cache_control
from marquee_router.execution.exchange import Exchange
from marquee_router.execution.subgraph import SubgraphReply


@dataclass(slots=True)
class Observed:
    """The `Cache-Control` of the replies so far."""

    policy: CachePolicy = UNSAID
    is_complete: bool = True
    """True if every reply had the header."""
    replies: int = 0

    def add(self, reply: SubgraphReply) -> None:
        """Add a reply."""
        self.replies += 1
        value = reply.headers.get("cache-control")
        if value is None:
            self.is_complete = False
        else:
            self.policy = self.policy.restricted(parse_cache_control(value))

    def headers(self, answer: AnswerPolicy) -> Mapping[str, str]:
        """The headers of the answer. If every reply has `Cache-Control`, it replaces the default time."""
        says_all = self.is_complete and self.replies > 0 and self.policy.max_age is not None
        return answer.headers_of((answer.said if says_all else answer.policy).restricted(self.policy))


_observed: Final[ContextVar[Observed | None]] = ContextVar("observed_replies", default=None)


@contextmanager
def observing() -> Iterator[Observed]:
    """Collect the replies to calls within the block, and within tasks that it starts."""
    observed = Observed()
    token = _observed.set(observed)
    try:
        yield observed
    finally:
        _observed.reset(token)


class ObservedExchange(Exchange):
    """An exchange whose replies are collected; a shared reply counts for each answer that shares it."""

    __slots__ = ()

    async def query(self, body: bytes, headers: Mapping[str, str], timeout_seconds: float) -> SubgraphReply:
        """As `Exchange.query`."""
        return note(await super().query(body, headers, timeout_seconds))

    async def read(self, body: bytes, headers: Mapping[str, str], timeout_seconds: float) -> SubgraphReply:
        """As `Exchange.read`."""
        return note(await super().read(body, headers, timeout_seconds))


def note(reply: SubgraphReply) -> SubgraphReply:
    """Add a reply to the collection that is open, if any; return it."""
    observed = _observed.get()
    if observed is not None:
        observed.add(reply)
    return reply
