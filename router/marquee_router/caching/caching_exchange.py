"""`CachingExchange`: an exchange that answers from the cache, and asks the subgraph only for what is missing.

Must never keep a reply with errors, a null in place of an entity, or the reply to a mutation; nor let the
reply for one user reach another.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from marquee_foundation.lru import LeastRecentlyUsed
from marquee_router.caching.lookup import (
    Lookup,
    composed_reply,
    entries_of,
    learn_from,
    request_for,
    take_held,
)
from marquee_router.caching.observed_replies import ObservedExchange, note
from marquee_router.caching.operation_analysis import Analysis, Marks, Part, of_subgraph
from marquee_router.caching.store import Store
from marquee_router.errors import SubgraphTimeout
from marquee_router.execution.exchange import PER_REQUEST
from marquee_router.execution.subgraph import SubgraphReply, SubgraphTransport
from marquee_router.request import Identity

_OPERATIONS_AT_MOST: Final = 2_000
_requester: Final[ContextVar[Identity | None]] = ContextVar("requester", default=None)


def set_requester(identity: Identity | None) -> None:
    """Set the user for whom this task, and tasks that it starts, call subgraphs from here on."""
    _requester.set(identity)


@dataclass(slots=True)
class CacheCounts:
    """The outcomes of lookups."""

    hits: int = 0
    misses: int = 0


@dataclass(frozen=True, slots=True)
class SharedCache:
    """What the exchanges with all subgraphs share."""

    store: Store
    unshared: frozenset[str]
    """Headers that identify the requester. They are no part of a key: the scope decides who shares an
    entry."""
    counts: CacheCounts = field(default_factory=CacheCounts)


class CachingExchange(ObservedExchange):
    """An exchange with one subgraph, over a store of its earlier replies."""

    __slots__ = ("_analysis", "_cache", "_known", "_marks", "_under_way", "_unshared")

    def __init__(
        self,
        name: str,
        transport: SubgraphTransport,
        cache: SharedCache,
        analysis: Analysis,
        marks: Marks,
    ) -> None:
        super().__init__(name, transport)
        self._cache = cache
        self._analysis = analysis
        self._marks = marks
        self._unshared = cache.unshared | PER_REQUEST
        self._known: LeastRecentlyUsed[str, list[Part]] = LeastRecentlyUsed(_OPERATIONS_AT_MOST)
        self._under_way: dict[tuple[str, bytes], asyncio.Future[bytes | None]] = {}
        """By key and stamp: a lookup after an invalidation does not share a call from before it."""

    async def query(self, body: bytes, headers: Mapping[str, str], timeout_seconds: float) -> SubgraphReply:
        """Answer from the cache, share what is under way, and send the rest."""
        request = orjson.loads(body) if body.__class__ is bytes else None  # a form with files is not cached
        parts = None if request is None else self._parts(request["query"])
        if not parts:
            return await super().query(body, headers, timeout_seconds)
        if not all(part.is_open for part in parts):
            reply = await super().query(body, headers, timeout_seconds)
            learn_from(parts, reply)
            return reply
        lookups = self._lookups(parts, request, headers)
        held = await self._cache.store.get(
            [lookup.key for lookup in lookups], [mark for lookup in lookups for mark in lookup.marks]
        )
        if not lookups or held is None:
            return await super().query(body, headers, timeout_seconds)
        take_held(lookups, held)
        missing = self._begin(lookups)
        try:
            whole = await self._fetch(request, body, lookups, missing, headers, timeout_seconds)
        finally:
            self._end(missing)
        if whole is not None:
            return whole
        if await _all_known(lookups, timeout_seconds):
            return note(composed_reply(lookups))
        # A call that this one relied on has failed: ask for everything.
        return await super().query(body, headers, timeout_seconds)

    async def _fetch(
        self,
        request: Any,
        body: bytes,
        lookups: list[Lookup],
        missing: list[Lookup],
        headers: Mapping[str, str],
        timeout_seconds: float,
    ) -> SubgraphReply | None:
        """Fetch what is missing, and keep it; return the reply if it answers the whole request."""
        self._cache.counts.hits += len(lookups) - len(missing)
        self._cache.counts.misses += len(missing)
        if not missing:
            return None
        is_whole = len(missing) == len(lookups)
        sent = body if is_whole else request_for(request, [lookup.part for lookup in lookups], missing)
        # `read` shares no call. Lookups share instead, by their stamps: never one from before an
        # invalidation.
        reply = await super().read(sent, headers, timeout_seconds)
        entries = entries_of(missing, reply)
        if entries:
            await self._cache.store.put(entries)
        return reply if is_whole else None

    async def mutate(self, body: bytes, headers: Mapping[str, str], timeout_seconds: float) -> SubgraphReply:
        """Send a mutation. Whatever its outcome, every earlier reply of this subgraph is invalidated."""
        try:
            return await super().mutate(body, headers, timeout_seconds)
        finally:
            await self._cache.store.mark([of_subgraph(self.name)])

    def _lookups(self, parts: list[Part], request: Any, headers: Mapping[str, str]) -> list[Lookup]:
        """What a request asks for; empty if it is for one user and the requester is a guest."""
        identity = _requester.get()
        if identity is None and any(part.is_private for part in parts):
            return []
        common = sorted(item for item in headers.items() if item[0] not in self._unshared)
        variables = request.get("variables") or {}
        lookups: list[Lookup] = []
        for part in parts:
            shared = orjson.dumps([common, None if part.is_public else _scope(identity)])
            if not part.representations:
                key = part.key(variables, None, shared)
                lookups.append(Lookup(part, None, key, self._marks.of_root(part)))
                continue
            for representation in variables.get(part.representations) or ():
                key = part.key(variables, representation, shared)
                marks = self._marks.of_entity(part, representation)
                lookups.append(Lookup(part, representation, key, marks))
        return lookups

    def _parts(self, text: str) -> list[Part]:
        known = self._known.get(text)
        if known is None:
            known = self._analysis.parts(text) or []
            self._known.put(text, known)
        return known

    def _begin(self, lookups: list[Lookup]) -> list[Lookup]:
        """Return the lookups that no call is fetching yet; from here until `_end` this one does."""
        missing: list[Lookup] = []
        for lookup in lookups:
            if lookup.content is not None:
                continue
            lookup.awaited = self._under_way.get((lookup.key, lookup.stamp))
            if lookup.awaited is None:
                future: asyncio.Future[bytes | None] = asyncio.get_running_loop().create_future()
                self._under_way[lookup.key, lookup.stamp] = future
                missing.append(lookup)
        return missing

    def _end(self, missing: list[Lookup]) -> None:
        for lookup in missing:
            future = self._under_way.pop((lookup.key, lookup.stamp))
            if not future.done():
                future.set_result(lookup.content if lookup.is_shared else None)


def _scope(identity: Identity | None) -> list[Any] | None:
    """What the answer for one user depends on; all guests are one."""
    if identity is None:
        return None
    return [identity.issuer, identity.subject, sorted(identity.scopes), sorted(identity.roles)]


async def _all_known(lookups: list[Lookup], timeout_seconds: float) -> bool:
    """Wait for what other calls fetch; return False if a content is missing even then."""
    awaited = {each.awaited for each in lookups if each.content is None and each.awaited is not None}
    if awaited:
        _, late = await asyncio.wait(awaited, timeout=timeout_seconds)
        if late:
            raise SubgraphTimeout("no answer in time to a call that was shared")
    for lookup in lookups:
        if lookup.content is None and lookup.awaited is not None:
            lookup.content = lookup.awaited.result()
    return all(lookup.content is not None for lookup in lookups)
