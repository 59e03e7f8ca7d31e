"""`CachingExchange`: an exchange that answers from what is kept, and asks only for what is missing.

Never keeps what has errors, nulls in place of entities, or what mutations say; never lets an answer for one
user reach another.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

import orjson

from marquee_foundation.lru import LeastRecentlyUsed
from marquee_router.caching.observed_replies import ObservedExchange, note
from marquee_router.caching.operation_analysis import Analysis, Marks, Part, of_subgraph
from marquee_router.caching.policy import CachePolicy, parse_cache_control
from marquee_router.caching.store import Entry, Held, Store
from marquee_router.errors import SubgraphTimeout
from marquee_router.execution.exchange import PER_REQUEST
from marquee_router.execution.subgraph import SubgraphReply, SubgraphTransport
from marquee_router.request import Identity

_OPERATIONS_AT_MOST: Final = 2_000
_SEPARATOR: Final = b"\n"
_requester: Final[ContextVar[Identity | None]] = ContextVar("requester", default=None)


def set_requester(identity: Identity | None) -> None:
    """Calls made from here on in this task, and in tasks that it begins, are for this user."""
    _requester.set(identity)


@dataclass(slots=True)
class _Wanted:
    """One thing that a request asks for: all of its root fields, or one entity."""

    part: Part
    representation: Any
    key: str
    marks: list[str]
    stamp: bytes = b""
    content: bytes | None = None
    """As JSON, once it is known."""
    is_shared: bool = False
    """Whether what was received is for others too."""
    seconds_left: int = 0
    awaited: asyncio.Future[bytes | None] | None = None
    """Somebody else's call that brings it."""


@dataclass(slots=True)
class CacheCounts:
    """What became of lookups."""

    hits: int = 0
    misses: int = 0


class CachingExchange(ObservedExchange):
    """An exchange with a store of what was answered before.

    `unshared` are names of headers that say who asks: who may share is decided by the scope, not by them.
    """

    __slots__ = ("_analysis", "_known", "_marks", "_store", "_under_way", "_unshared", "counts")

    def __init__(
        self,
        name: str,
        transport: SubgraphTransport,
        *,
        store: Store,
        analysis: Analysis,
        marks: Marks,
        unshared: frozenset[str],
        counts: CacheCounts,
    ) -> None:
        super().__init__(name, transport)
        self._store = store
        self._analysis = analysis
        self._marks = marks
        self._unshared = unshared | PER_REQUEST
        self._known: LeastRecentlyUsed[str, list[Part]] = LeastRecentlyUsed(_OPERATIONS_AT_MOST)
        self._under_way: dict[tuple[str, bytes], asyncio.Future[bytes | None]] = {}
        """By what is asked for, and as of when: who comes after a change does not join a call from before."""
        self.counts = counts

    async def query(self, body: bytes, headers: Mapping[str, str], timeout_seconds: float) -> SubgraphReply:
        """Answer what is kept, share what is under way, send the rest."""
        request = orjson.loads(body) if body.__class__ is bytes else None
        parts = None if request is None else self._parts(request["query"])
        if not parts:
            return await super().query(body, headers, timeout_seconds)
        if not all(part.is_open for part in parts):
            reply = await super().query(body, headers, timeout_seconds)
            _learn(parts, reply)
            return reply
        wanted = self._wanted(parts, request, headers)
        held = await self._store.get(
            [each.key for each in wanted], [mark for each in wanted for mark in each.marks]
        )
        if not wanted or held is None:
            return await super().query(body, headers, timeout_seconds)
        _take(wanted, held)
        missing = self._begin(wanted)
        try:
            whole = await self._missing(request, body, wanted, missing, headers, timeout_seconds)
        finally:
            self._end(missing)
        if whole is not None:
            return whole
        if await _all_known(wanted, timeout_seconds):
            return note(_composed(wanted))
        return await super().query(body, headers, timeout_seconds)

    async def _missing(
        self,
        request: Any,
        body: bytes,
        wanted: list[_Wanted],
        missing: list[_Wanted],
        headers: Mapping[str, str],
        timeout_seconds: float,
    ) -> SubgraphReply | None:
        """Ask for what is missing, and keep it; returns the reply when it is the whole answer."""
        self.counts.hits += len(wanted) - len(missing)
        self.counts.misses += len(missing)
        if not missing:
            return None
        is_whole = len(missing) == len(wanted)
        sent = body if is_whole else _reduced(request, [each.part for each in wanted], missing)
        # Shared above, by those who ask as of the same time: a call from before a change is never joined.
        reply = await super().read(sent, headers, timeout_seconds)
        entries = _received(missing, reply)
        if entries:
            await self._store.put(entries)
        return reply if is_whole else None

    async def mutate(self, body: bytes, headers: Mapping[str, str], timeout_seconds: float) -> SubgraphReply:
        """Send a mutation; what this subgraph said before is forgotten, however it ends."""
        try:
            return await super().mutate(body, headers, timeout_seconds)
        finally:
            await self._store.mark([of_subgraph(self.name)])

    def _wanted(self, parts: list[Part], request: Any, headers: Mapping[str, str]) -> list[_Wanted]:
        """What is asked for; nothing when it is for one user and nobody is signed in."""
        identity = _requester.get()
        if identity is None and any(part.is_private for part in parts):
            return []
        common = sorted(item for item in headers.items() if item[0] not in self._unshared)
        variables = request.get("variables") or {}
        wanted: list[_Wanted] = []
        for part in parts:
            shared = orjson.dumps([common, None if part.is_public else _who(identity)])
            if not part.representations:
                key = part.key(variables, None, shared)
                wanted.append(_Wanted(part, None, key, self._marks.of_root(part)))
                continue
            for representation in variables.get(part.representations) or ():
                key = part.key(variables, representation, shared)
                wanted.append(_Wanted(part, representation, key, self._marks.of_entity(part, representation)))
        return wanted

    def _parts(self, text: str) -> list[Part]:
        known = self._known.get(text)
        if known is None:
            known = self._analysis.parts(text) or []
            self._known.put(text, known)
        return known

    def _begin(self, wanted: list[_Wanted]) -> list[_Wanted]:
        """Those that nobody brings yet: from here on this call does, until `_end`."""
        missing: list[_Wanted] = []
        for each in wanted:
            if each.content is not None:
                continue
            each.awaited = self._under_way.get((each.key, each.stamp))
            if each.awaited is None:
                self._under_way[each.key, each.stamp] = asyncio.get_running_loop().create_future()
                missing.append(each)
        return missing

    def _end(self, missing: list[_Wanted]) -> None:
        for each in missing:
            future = self._under_way.pop((each.key, each.stamp))
            if not future.done():
                future.set_result(each.content if each.is_shared else None)


def _who(identity: Identity | None) -> list[Any] | None:
    """What an answer for one user depends on; all who are not signed in are one."""
    if identity is None:
        return None
    return [identity.issuer, identity.subject, sorted(identity.scopes), sorted(identity.roles)]


def _take(wanted: list[_Wanted], held: Held) -> None:
    """Take what is held and was not forgotten; note the marks that a new entry is stamped with."""
    position, now = 0, int(time.time())
    for each, found in zip(wanted, held.contents, strict=True):
        stamp = b",".join(held.marks[position : position + len(each.marks)])
        position += len(each.marks)
        each.stamp = stamp
        if found is not None:
            until, then, content = found.split(_SEPARATOR, 2)
            if then == stamp:
                each.content, each.seconds_left = content, max(0, int(until) - now)


def _reduced(request: dict[str, Any], parts: list[Part], missing: list[_Wanted]) -> bytes:
    """The request for nothing but what is missing; of the rest the lists are empty."""
    variables: dict[str, Any] = dict(request["variables"])
    for part in parts:
        variables[part.representations] = []
    for each in missing:
        variables[each.part.representations].append(each.representation)
    return orjson.dumps({**request, "variables": variables})


def _learn(parts: list[Part], reply: SubgraphReply) -> None:
    """Of what nothing is said the subgraph may say that it can be kept: the next reply is."""
    said = parse_cache_control(reply.headers.get("cache-control", ""))
    if said.max_age:
        for part in parts:
            part.is_open = True
            part.is_private = part.is_private or said.is_private
            part.is_public = part.is_public and not said.is_private


def _received(missing: list[_Wanted], reply: SubgraphReply) -> list[Entry]:
    """Fill in what a reply without errors has; what of it may be kept."""
    try:
        payload = orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        return []
    if reply.status != 200 or payload.__class__ is not dict or payload.get("errors"):
        return []
    data = payload.get("data")
    if data.__class__ is not dict:
        return []
    said = parse_cache_control(reply.headers.get("cache-control", ""))
    entries: list[Entry] = []
    for part, wanted in _by_part(missing):
        found = [data] if not part.representations else data.get(part.response_key)
        if found.__class__ is not list or len(found) != len(wanted):
            return []
        seconds = _seconds(part, said)
        is_kept = seconds > 0 and (part.is_private or not said.is_private)
        if said.is_private:
            part.is_private, part.is_public = True, False
        for each, value in zip(wanted, found, strict=True):
            each.content = orjson.dumps(value) if part.representations else reply.body
            each.seconds_left = seconds
            each.is_shared = is_kept and value is not None
            if each.is_shared:
                until = b"%d" % (int(time.time()) + seconds)
                entries.append(Entry(each.key, _SEPARATOR.join((until, each.stamp, each.content)), seconds))
    return entries


def _seconds(part: Part, said: CachePolicy) -> int:
    """How long something is kept: as its subgraph says and not longer than the schema says."""
    if said.max_age is None:
        return part.policy.max_age or 0
    return min(said.max_age, said.max_age if part.said.max_age is None else part.said.max_age)


def _by_part(wanted: list[_Wanted]) -> Iterator[tuple[Part, list[_Wanted]]]:
    groups: dict[int, list[_Wanted]] = {}
    for each in wanted:
        groups.setdefault(id(each.part), []).append(each)
    for group in groups.values():
        yield group[0].part, group


async def _all_known(wanted: list[_Wanted], timeout_seconds: float) -> bool:
    """Wait for what others bring; False when something is not known even then."""
    awaited = {each.awaited for each in wanted if each.content is None and each.awaited is not None}
    if awaited:
        _, late = await asyncio.wait(awaited, timeout=timeout_seconds)
        if late:
            raise SubgraphTimeout("no answer in time to a call that was shared")
    for each in wanted:
        if each.content is None and each.awaited is not None:
            each.content = each.awaited.result()
    return all(each.content is not None for each in wanted)


def _composed(wanted: list[_Wanted]) -> SubgraphReply:
    """The reply that the subgraph would have sent."""
    fields: list[bytes] = []
    for part, group in _by_part(wanted):
        contents = [each.content or b"null" for each in group]
        if not part.representations:
            body = contents[0]
            break
        fields.append(orjson.dumps(part.response_key) + b":[" + b",".join(contents) + b"]")
    else:
        body = b'{"data":{' + b",".join(fields) + b"}}"
    left = CachePolicy(
        min(each.seconds_left for each in wanted), any(each.part.is_private for each in wanted)
    )
    return SubgraphReply(200, "application/json", body, {"cache-control": left.header})
