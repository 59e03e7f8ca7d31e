"""The filters of a query, all of which must hold. Pure records, in no store's language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from marquee_subgraphs.kit.documents.collection import Scalar


@dataclass(frozen=True, slots=True)
class Equal:
    """The field has this value; for a `many` field, one of its values is this."""

    field: str
    value: Scalar


@dataclass(frozen=True, slots=True)
class OneOf:
    """The field has one of these values; for a `many` field, one of its values is among them."""

    field: str
    values: Sequence[Scalar]


@dataclass(frozen=True, slots=True)
class AtLeast:
    """The field exists and is at least this."""

    field: str
    value: Scalar


@dataclass(frozen=True, slots=True)
class AtMost:
    """The field exists and is at most this."""

    field: str
    value: Scalar


@dataclass(frozen=True, slots=True)
class Missing:
    """The field is missing or null; a `many` field is empty."""

    field: str


@dataclass(frozen=True, slots=True)
class Matches:
    """Every word of `words` begins a word of the searched text, without case and accents. No words match
    every document.
    """

    words: str


@dataclass(frozen=True, slots=True)
class Not:
    """The filter does not hold. A comparison with a missing field does not hold, so its negation does."""

    filter: Filter


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of the filters holds; of none given, none does."""

    filters: Sequence[Filter]


Filter = Equal | OneOf | AtLeast | AtMost | Missing | Matches | Not | AnyOf
