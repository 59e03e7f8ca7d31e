"""`EventFeeds`: transports whose subscription streams come from topics.

Each event is a representation of an entity. What a plan selects beyond its key is fetched with the
listener's own
headers, so that the subgraph decides for each event what this listener sees. The fetches from other subgraphs
follow by the plan. An event that cannot be read is logged and skipped; it never ends the stream.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from functools import lru_cache
from typing import Any, Final, cast

import orjson

from marquee_router.config.model import EventSources
from marquee_router.errors import (
    FormattedError,
    RouterMisconfigured,
    SubgraphReplyInvalid,
    SubgraphUnavailable,
)
from marquee_router.event_sources.binding import Binding, bind, key_part
from marquee_router.event_sources.source import EventSource, Gap
from marquee_router.event_sources.source_operation import (
    REPRESENTATIONS,
    EventReader,
    SourceOperation,
    source_operation,
)
from marquee_router.execution.exchange import read_reply
from marquee_router.execution.subgraph import SubgraphReply, SubgraphTransport
from marquee_schema.supergraph import Supergraph

logger = logging.getLogger("marquee_router.event_sources")

OPERATIONS_KEPT: Final = 500
"""Operations on the fed fields of one subgraph that are kept parsed."""


class EventFeeds:
    """The configured fed fields and their event sources; close it."""

    def __init__(self, settings: EventSources, given: Mapping[str, EventSource]) -> None:
        """`given` are sources by broker name, which their owner closes. Raises `RouterMisconfigured`."""
        self._settings = settings
        self._own = {
            name: _redis(name, broker.redis_url.get_secret_value(), broker.queue_events)
            for name, broker in settings.brokers.items()
            if name not in given
        }
        self._sources: dict[str, EventSource] = {**self._own, **given}

    def over(
        self, supergraph: Supergraph, transports: Mapping[str, SubgraphTransport], timeout_seconds: float
    ) -> dict[str, SubgraphTransport]:
        """Return the transports with fed streams; `timeout_seconds` bounds each fetch of an entity.

        Raises `RouterMisconfigured` if the settings do not fit the supergraph.
        """
        bindings: dict[str, Binding] = {}
        for name, field in self._settings.fields.items():
            source = self._sources.get(field.broker)
            if source is None:
                raise RouterMisconfigured(f"event_sources.fields.{name}: there is no broker {field.broker!r}")
            bindings[name] = bind(supergraph, name, field, source)
        if not bindings:
            return dict(transports)
        return {
            name: FedTransport(name, transport, supergraph, bindings, timeout_seconds)
            for name, transport in transports.items()
        }

    async def aclose(self) -> None:
        """Disconnect from the configured brokers."""
        for source in self._own.values():
            await source.aclose()


class FedTransport:
    """Implements `SubgraphTransport` over another one: only its subscriptions differ."""

    def __init__(
        self,
        name: str,
        inner: SubgraphTransport,
        supergraph: Supergraph,
        bindings: Mapping[str, Binding],
        timeout_seconds: float,
    ) -> None:
        self._name = name
        self._inner = inner
        self._reader = EventReader(supergraph)
        self._timeout_seconds = timeout_seconds
        self.fetch = inner.fetch
        self.aclose = inner.aclose
        self._read = lru_cache(OPERATIONS_KEPT)(
            lambda text: source_operation(supergraph, name, text, bindings)
        )

    def subscribe(self, body: bytes, headers: Mapping[str, str]) -> AsyncIterator[bytes]:
        """Yield the responses to a subscription, from its topic if its field is fed."""
        request = orjson.loads(body)
        operation = self._read(request["query"])
        if operation is None:
            return self._inner.subscribe(body, headers)
        return self._answers(operation, request.get("variables") or {}, headers)

    async def _answers(
        self, operation: SourceOperation, variables: Mapping[str, Any], headers: Mapping[str, str]
    ) -> AsyncIterator[bytes]:
        topic = operation.topic(variables)
        last: dict[str, Any] | None = None
        async with aclosing(cast(Any, operation.binding.source.listen(topic))) as events:
            async for event in events:
                # After a gap the last entity is resolved again: its change may be among the lost events.
                if isinstance(event, Gap):
                    if last is None:
                        continue  # no event has been sent that could be out of date
                else:
                    try:
                        found = self._value(operation, event)
                    except ValueError as error:
                        logger.warning("an event of %s cannot be read: %s", topic, error)
                        continue
                    if not operation.keys:
                        yield _answer(operation, self._read_whole(operation, found))
                        continue
                    last = found
                yield await self._resolve(operation, last, variables, headers)

    def _value(self, operation: SourceOperation, event: bytes) -> Any:
        """The value in an event: the representation of an entity, or a whole value. Raises `ValueError`."""
        value = operation.binding.value(orjson.loads(event))
        if not operation.keys:
            return value
        if not isinstance(value, dict):
            raise ValueError("it is no object")
        typename = self._reader.typename(operation.binding.type_name, value)
        if typename is None:
            raise ValueError(f"it names no type that is {operation.binding.type_name}")
        part = key_part(operation.keys, value)
        if part is None:
            raise ValueError(f"it has no key of {typename}")
        return {"__typename": typename, **part}

    def _read_whole(self, operation: SourceOperation, value: Any) -> Any:
        found, _ = self._reader.read(operation.node.selection_set, value, operation.binding.type_name)
        return found

    async def _resolve(
        self,
        operation: SourceOperation,
        representation: dict[str, Any] | None,
        variables: Mapping[str, Any],
        headers: Mapping[str, str],
    ) -> bytes:
        found, whole = self._reader.read(
            operation.node.selection_set, representation, operation.binding.type_name
        )
        if whole:
            return _answer(operation, found)
        used = {name: value for name, value in variables.items() if name in operation.entity_variables}
        used[REPRESENTATIONS] = [representation]
        body = orjson.dumps({"query": operation.entity_query, "variables": used})
        try:
            reply: SubgraphReply = await self._inner.fetch(
                body, headers, self._timeout_seconds, idempotent=True
            )
            data, errors = read_reply(reply.body, reply.status)
            entities = [None] if data is None else data.get("_entities")
            if not isinstance(entities, list) or len(entities) != 1:
                raise SubgraphReplyInvalid("not the entity that was asked for", status=reply.status)
        except SubgraphUnavailable as unavailable:
            logger.warning("subgraph %s failed for an event: %s", self._name, unavailable)
            return _answer(operation, None, [_unavailable(operation, unavailable)])
        return _answer(operation, entities[0], [_at_field(operation, error) for error in errors])


def _redis(name: str, url: str, queue_events: int) -> EventSource:
    # Imported here: a router without brokers need not pay for the client.
    from marquee_router.event_sources.redis import RedisEvents

    try:
        return RedisEvents(url, queue_events=queue_events)
    except ValueError as error:
        raise RouterMisconfigured(f"event_sources.brokers.{name}: {error}") from None


def _answer(operation: SourceOperation, value: Any, errors: list[FormattedError] | None = None) -> bytes:
    """The response that the subgraph's own stream would send."""
    answer: dict[str, Any] = {"data": {operation.response_key: value}}
    if errors:
        answer["errors"] = errors
    return orjson.dumps(answer)


def _unavailable(operation: SourceOperation, error: SubgraphUnavailable) -> FormattedError:
    return {
        "message": error.public_message,
        "path": [operation.response_key],
        "extensions": {"code": error.code},
    }


def _at_field(operation: SourceOperation, error: Any) -> Any:
    """An error of the entity fetch as an error of the field: `_entities, 0, name` becomes `orderChanged,
    name`."""
    if not isinstance(error, dict):
        return error
    path = error.get("path")
    rest = path[2:] if isinstance(path, list) else []
    return {**error, "path": [operation.response_key, *rest]}
