"""`Envelope`: an event as it travels, and its JSON form, the same on every broker.

Owns what every event has; the payload is typed by `records`. Must never change once it is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from marquee_subgraphs.kit.events.errors import MalformedEvent


@dataclass(frozen=True, slots=True)
class Envelope:
    """Something that happened to one aggregate.

    `type` is a name such as `order.placed`, `version` the version of its payload's form. `aggregate_version`
    counts the events of the aggregate from 1. All events that one command led to share its `correlation_id`;
    `causation_id` is the id of the event that led directly to this one.
    """

    id: str
    type: str
    version: int
    occurred_at: datetime
    producer: str
    aggregate_id: str
    aggregate_version: int
    correlation_id: str
    causation_id: str | None
    trace: str | None
    payload: dict[str, Any]

    def to_json(self) -> str:
        """Return the JSON; dates in the payload become text."""
        return orjson.dumps(self).decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> Envelope:
        """Return the envelope that `text` contains. Raises `MalformedEvent`."""
        try:
            fields = orjson.loads(text)
            event = cls(
                **{**fields, "occurred_at": datetime.fromisoformat(fields["occurred_at"]).astimezone(UTC)}
            )
        except (ValueError, TypeError, KeyError) as error:
            raise MalformedEvent(f"not an event: {error}") from error
        event._check()
        return event

    def _check(self) -> None:
        texts = (self.id, self.type, self.producer, self.aggregate_id, self.correlation_id)
        numbers = (self.version, self.aggregate_version)
        optional = (self.causation_id, self.trace)
        if not (
            all(isinstance(text, str) for text in texts)
            and all(isinstance(number, int) for number in numbers)
            and all(text is None or isinstance(text, str) for text in optional)
            and isinstance(self.payload, dict)
        ):
            raise MalformedEvent(f"the fields of event {self.id!r} have the wrong types")
