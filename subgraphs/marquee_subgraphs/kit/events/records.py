"""Typed events: the records that a subgraph publishes and consumes, and their JSON form inside an envelope.

A subgraph declares its records in `events/published.py` and `events/consumed.py`:

    @dataclass(frozen=True, slots=True, kw_only=True)
    class MembershipJoined(PublishedEvent):
        TYPE = "membership.joined"
        user_id: str
        tier: Tier

A producer and a consumer of one event each have their own record: the consumer's contains only the fields
that it reads. Must never be shared between subgraphs; `docs/events.md` is the contract between them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, TypeVar

import orjson
from pydantic import AfterValidator, Field, PlainValidator, TypeAdapter, ValidationError

from marquee_subgraphs.kit.events.envelope import Envelope
from marquee_subgraphs.kit.events.errors import PoisonEvent
from marquee_subgraphs.kit.money import Currency, Money


class PublishedEvent:
    """Base of the frozen dataclasses that a subgraph publishes.

    A field without a default is always in the payload, as `null` when it is None. A field with a default is
    left out of the payload while it has that default: `order_id: str | None = None`.
    """

    __slots__ = ()

    TYPE: ClassVar[str]
    """The event's type, as `order.placed`."""
    VERSION: ClassVar[int] = 1
    """The version of the payload's form; raise it when a field changes its meaning."""

    def to_payload(self) -> dict[str, Any]:
        """Return the payload as JSON has it: text, numbers, lists and objects."""
        encoded = orjson.dumps(_fields_of(self), default=_encode, option=orjson.OPT_PASSTHROUGH_DATACLASS)
        payload: dict[str, Any] = orjson.loads(encoded)
        return payload


class ConsumedEvent:
    """Base of the frozen dataclasses that a subgraph's handlers take.

    Declares only the fields that the handlers read; the others of the payload are ignored. A field that
    older producers did not write has a default, so that their events can still be read.
    """

    __slots__ = ()

    TYPES: ClassVar[tuple[str, ...]]
    """The types of the events whose payload has these fields, as `("order.expired", "order.failed")`."""


C = TypeVar("C", bound=ConsumedEvent)


def decoder(record: type[C]) -> Callable[[Envelope], C]:
    """Return the function that reads the payload of an envelope as a `record`.

    It raises `PoisonEvent`, naming each field that is missing or of the wrong type: no retry can mend it.
    """
    adapter = TypeAdapter(record)

    def decode(envelope: Envelope) -> C:
        try:
            # From JSON, because only there strict validation still reads dates, enums and tuples from text
            # and lists; `"12"` is no number and `1` is no text.
            return adapter.validate_json(orjson.dumps(envelope.payload), strict=True)
        except ValidationError as error:
            problems = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
            raise PoisonEvent(
                f"{envelope.type} {envelope.id} cannot be read: {'; '.join(problems)}"
            ) from error

    return decode


def _fields_of(record: object) -> dict[str, object]:
    assert is_dataclass(record), f"{type(record).__name__} is not a dataclass"
    values = {field.name: (getattr(record, field.name), field.default) for field in fields(record)}
    return {
        name: value for name, (value, default) in values.items() if default is MISSING or value != default
    }


def _encode(value: object) -> object:
    if isinstance(value, Money):
        return {"minor": value.minor_units, "currency": value.currency}
    return _fields_of(value)


def _to_utc(moment: datetime) -> datetime:
    # "2026-03-01T20:00:00" could be Lima or Madrid: an instant without an offset is a guess.
    if moment.tzinfo is None:
        raise ValueError("the instant has no offset")
    return moment.astimezone(UTC)


def _to_money(value: object) -> Money:
    match value:
        case {"minor": int(minor), "currency": str(currency)}:
            return Money(minor, Currency(currency))
    raise ValueError('money is written as {"minor": 4800, "currency": "PEN"}')


Text = Annotated[str, Field(min_length=1)]
"""A text of a consumed event that must not be empty, such as an id."""
Instant = Annotated[datetime, AfterValidator(_to_utc)]
"""A moment of a consumed event: ISO 8601 with an offset; read as UTC."""
Amount = Annotated[Money, PlainValidator(_to_money)]
"""Money of a consumed event: `{"minor": 4800, "currency": "PEN"}`."""
