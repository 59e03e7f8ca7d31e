"""`Envelope`: a fact that a subgraph publishes, and its JSON form, the same on every broker.

Must never change once made.
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

    `type` is as `order.placed`, `version` that of its payload's form; `aggregate_version` counts the events
    of the aggregate from 1. `correlation_id` is shared by all that one command led to, `causation_id` is the
    event that led to this one.
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
        """Encode; datetimes, UUIDs and the like in the payload become text."""
        return orjson.dumps(self).decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> Envelope:
        """Decode; `MalformedEvent` when it is not an event."""
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
