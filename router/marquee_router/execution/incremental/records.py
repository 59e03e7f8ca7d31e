"""The records of an incremental response: fragments that are pending or delivered, and its parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson

from marquee_router.errors import FormattedError
from marquee_router.execution.projection.completion import ResponsePath
from marquee_router.planning.plan import Deferral, ResponseSelection

Values: TypeAlias = Mapping[str, Any]
"""The client's variables, and for each deferral by its name True if it is delivered."""


@dataclass(frozen=True, slots=True)
class PendingFragment:
    """A deferred fragment on one object of the response.

    `{ films { title ... @defer { reviews { text } } } }` has one for each film.
    """

    deferral: Deferral
    path: ResponsePath
    """Of the object."""
    type_name: str
    """The object's concrete type."""
    selection: ResponseSelection
    """What the whole operation selects of the object."""
    collected: dict[str, Any]
    """The object in the collected data."""


@dataclass(frozen=True, slots=True)
class DeliveredFragment:
    """What a deferred fragment adds to one object."""

    fragment: PendingFragment
    data: orjson.Fragment
    """The added fields as JSON; null if a null in a non-null position reached the fragment."""
    errors: list[FormattedError]
    projected: dict[str, Any] | None
    """The added fields before encoding."""


@dataclass(frozen=True, slots=True)
class ResponsePart:
    """One part of an incremental response."""

    data: orjson.Fragment | None
    """Of the first part only."""
    errors: list[FormattedError]
    delivered: list[DeliveredFragment]
    announced: list[PendingFragment]
    """Fragments that a later part delivers, known since this one."""
    has_next: bool
