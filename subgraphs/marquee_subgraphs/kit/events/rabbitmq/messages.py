"""Events and dead letters as AMQP messages, both ways. Pure."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractIncomingMessage

from marquee_subgraphs.kit.events.broker import DeadLetter
from marquee_subgraphs.kit.events.envelope import Envelope
from marquee_subgraphs.kit.events.errors import MalformedEvent

ATTEMPTS: Final = "marquee-attempts"
DIED_AT: Final = "marquee-died-at"
ERROR: Final = "marquee-error"
_OURS: Final = frozenset({ATTEMPTS, DIED_AT, ERROR})


def event_message(event: Envelope) -> Message:
    """Return the event as a persistent message; tools find its ids in the properties too."""
    headers: dict[str, Any] = {
        "aggregate-id": event.aggregate_id,
        "aggregate-version": event.aggregate_version,
        "correlation-id": event.correlation_id,
    }
    if event.trace is not None:
        headers["traceparent"] = event.trace
    return Message(
        event.to_json().encode(),
        content_type="application/json",
        delivery_mode=DeliveryMode.PERSISTENT,
        message_id=event.id,
        type=event.type,
        app_id=event.producer,
        timestamp=event.occurred_at,
        headers=headers,
    )


def dead_message(
    message: AbstractIncomingMessage, *, attempts: int, error: str, died_at: datetime
) -> Message:
    """Return the message as a dead letter."""
    headers = {ATTEMPTS: attempts, ERROR: error, DIED_AT: died_at.isoformat()}
    return _copy(message, {**_kept(message.headers), **headers})


def living_message(message: AbstractIncomingMessage) -> Message:
    """Return a dead letter as the message that it was."""
    return _copy(message, _kept(message.headers))


def _kept(headers: Mapping[str, Any]) -> dict[str, Any]:
    # RabbitMQ's own headers (x-death, x-delivery-count) describe the former message: with a copied
    # x-delivery-count of 50 the replayed message would be dead at once.
    return {name: value for name, value in headers.items() if name not in _OURS and not name.startswith("x-")}


def _copy(message: AbstractIncomingMessage, headers: dict[str, Any]) -> Message:
    return Message(
        message.body,
        content_type=message.content_type,
        delivery_mode=DeliveryMode.PERSISTENT,
        message_id=_name_of(message),
        type=message.type,
        app_id=message.app_id,
        timestamp=message.timestamp,
        headers=headers,
    )


def _name_of(message: AbstractIncomingMessage) -> str:
    return message.message_id or f"unnamed-{zlib.crc32(message.body):08x}"


def id_of(message: AbstractIncomingMessage) -> str:
    """Return the id of the event, or of the message when it is no event."""
    event = event_of(message)
    return _name_of(message) if event is None else event.id


def event_of(message: AbstractIncomingMessage) -> Envelope | None:
    """Return the event in the message, or None when it is no event."""
    try:
        return Envelope.from_json(message.body)
    except MalformedEvent:
        return None


def letter_of(queue: str, message: AbstractIncomingMessage, delivery_limit: int) -> DeadLetter:
    """Return a dead letter of `queue`: made by a consumer, or by RabbitMQ after `delivery_limit` attempts."""
    headers: Mapping[str, Any] = message.headers
    event = event_of(message)
    error = headers.get(ERROR, "its consumers died or lost their connections with it, again and again")
    return DeadLetter(
        queue=queue,
        event_id=id_of(message),
        event_type=event.type if event is not None else message.type or "unknown",
        event=event,
        attempts=int(headers.get(ATTEMPTS, delivery_limit)),
        error=str(error),
        died_at=died_at(headers),
    )


def died_at(headers: Mapping[str, Any]) -> datetime:
    """Return when the dead letter with these headers died."""
    if DIED_AT in headers:
        return datetime.fromisoformat(str(headers[DIED_AT]))
    for death in headers.get("x-death", ()):
        time = death.get("time")
        if isinstance(time, datetime):
            return time.astimezone(UTC)
    return datetime.fromtimestamp(0, UTC)
