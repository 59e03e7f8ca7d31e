"""`Lookup`: one thing that a subgraph request asks for, on its way through the cache.

Owns the format of entries, and how a reply is cut into entries and put together again. Knows neither stores
nor subgraphs.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import orjson

from marquee_router.caching.operation_analysis import Part
from marquee_router.caching.policy import CachePolicy, parse_cache_control
from marquee_router.caching.store import Entry, Held
from marquee_router.execution.subgraph import SubgraphReply

_SEPARATOR: Final = b"\n"
"""An entry is `<valid until, in seconds since the epoch>\\n<marks>\\n<JSON>`."""


@dataclass(slots=True)
class Lookup:
    """All root fields of a request together, or one entity."""

    part: Part
    representation: Any
    key: str
    marks: list[str]
    stamp: bytes = b""
    """The values of the marks when the store was asked: what a new entry is stamped with."""
    content: bytes | None = None
    """The JSON, once it is known."""
    is_shared: bool = False
    """True if the content that was received may be kept."""
    seconds_left: int = 0
    awaited: asyncio.Future[bytes | None] | None = None
    """Another call that is already fetching it."""


def take_held(lookups: list[Lookup], held: Held) -> None:
    """Fill in what the store has, except entries whose marks have changed; note the current marks."""
    position, now = 0, int(time.time())
    for lookup, found in zip(lookups, held.contents, strict=True):
        stamp = b",".join(held.marks[position : position + len(lookup.marks)])
        position += len(lookup.marks)
        lookup.stamp = stamp
        if found is not None:
            until, then, content = found.split(_SEPARATOR, 2)
            if then == stamp:
                lookup.content, lookup.seconds_left = content, max(0, int(until) - now)


def request_for(request: dict[str, Any], parts: list[Part], missing: list[Lookup]) -> bytes:
    """The request reduced to the missing entities.

    Of three representations, two of them in the cache, one is left. A part without a missing entity keeps its
    field, with an empty list, so that the text of the operation stays the same.
    """
    variables: dict[str, Any] = dict(request["variables"])
    for part in parts:
        variables[part.representations] = []
    for lookup in missing:
        variables[lookup.part.representations].append(lookup.representation)
    return orjson.dumps({**request, "variables": variables})


def learn_from(parts: list[Part], reply: SubgraphReply) -> None:
    """Note that replies may be kept, if this one says so: then the next one is."""
    stated = parse_cache_control(reply.headers.get("cache-control", ""))
    if stated.max_age:
        for part in parts:
            part.is_open = True
            part.is_private = part.is_private or stated.is_private
            part.is_public = part.is_public and not stated.is_private


def entries_of(missing: list[Lookup], reply: SubgraphReply) -> list[Entry]:
    """Fill in what a reply without errors has; return the entries that may be kept."""
    try:
        payload = orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        return []
    if reply.status != 200 or payload.__class__ is not dict or payload.get("errors"):
        return []
    data = payload.get("data")
    if data.__class__ is not dict:
        return []
    stated = parse_cache_control(reply.headers.get("cache-control", ""))
    entries: list[Entry] = []
    for part, lookups in _by_part(missing):
        values = [data] if not part.representations else data.get(part.response_key)
        if values.__class__ is not list or len(values) != len(lookups):
            return []
        seconds = _seconds_to_keep(part, stated)
        # A reply that turns out to be private was looked up under a key for all users: it is not kept there.
        is_kept = seconds > 0 and (part.is_private or not stated.is_private)
        if stated.is_private:
            part.is_private, part.is_public = True, False
        for lookup, value in zip(lookups, values, strict=True):
            lookup.content = orjson.dumps(value) if part.representations else reply.body
            lookup.seconds_left = seconds
            # A null in place of an entity may be a failure: it is not kept.
            lookup.is_shared = is_kept and value is not None
            if lookup.is_shared:
                until = b"%d" % (int(time.time()) + seconds)
                content = _SEPARATOR.join((until, lookup.stamp, lookup.content))
                entries.append(Entry(lookup.key, content, seconds))
    return entries


def composed_reply(lookups: list[Lookup]) -> SubgraphReply:
    """The reply that the subgraph would have sent; every content must be known."""
    fields: list[bytes] = []
    for part, group in _by_part(lookups):
        contents = [lookup.content or b"null" for lookup in group]
        if not part.representations:
            body = contents[0]
            break
        fields.append(orjson.dumps(part.response_key) + b":[" + b",".join(contents) + b"]")
    else:
        body = b'{"data":{' + b",".join(fields) + b"}}"
    left = CachePolicy(
        min(lookup.seconds_left for lookup in lookups), any(lookup.part.is_private for lookup in lookups)
    )
    return SubgraphReply(200, "application/json", body, {"cache-control": left.header})


def _seconds_to_keep(part: Part, stated: CachePolicy) -> int:
    """As long as the reply states, but never longer than the schema allows; by the schema if it states
    nothing."""
    if stated.max_age is None:
        return part.policy.max_age or 0
    return min(stated.max_age, stated.max_age if part.said.max_age is None else part.said.max_age)


def _by_part(lookups: list[Lookup]) -> Iterator[tuple[Part, list[Lookup]]]:
    groups: dict[int, list[Lookup]] = {}
    for lookup in lookups:
        groups.setdefault(id(lookup.part), []).append(lookup)
    for group in groups.values():
        yield group[0].part, group
