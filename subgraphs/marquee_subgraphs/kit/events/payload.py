"""Reads payloads strictly: what an event must say and does not makes it poison, which no retry can mend."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from marquee_subgraphs.kit.events.envelope import Envelope
from marquee_subgraphs.kit.events.errors import PoisonEvent
from marquee_subgraphs.kit.money import Currency, Money


def text(event: Envelope, name: str) -> str:
    """A text that is there and not empty. Raises `PoisonEvent`."""
    value = event.payload.get(name)
    if not isinstance(value, str) or not value:
        raise PoisonEvent(f"{event.type} {event.id} has no usable {name}")
    return value


def optional_text(event: Envelope, name: str) -> str | None:
    """A text, or None where there is none."""
    value = event.payload.get(name)
    return value if isinstance(value, str) else None


def moment(event: Envelope, name: str) -> datetime:
    """An instant with its offset, in UTC. Raises `PoisonEvent`."""
    try:
        found = datetime.fromisoformat(text(event, name))
    except ValueError as error:
        raise PoisonEvent(f"{event.type} {event.id}: {name} is no moment") from error
    if found.tzinfo is None:
        raise PoisonEvent(f"{event.type} {event.id}: {name} has no offset")
    return found.astimezone(UTC)


def money(event: Envelope, name: str) -> Money:
    """Money as `{"minor": 4800, "currency": "PEN"}`. Raises `PoisonEvent`."""
    value = event.payload.get(name)
    try:
        if isinstance(value, Mapping) and isinstance(value["minor"], int):
            return Money(value["minor"], Currency(value["currency"]))
    except (KeyError, ValueError) as error:
        raise PoisonEvent(f"{event.type} {event.id}: {name} is not money") from error
    raise PoisonEvent(f"{event.type} {event.id}: {name} is not money")
