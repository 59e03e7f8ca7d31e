"""What a repository can be asked: filters, all of which must hold.

Pure records, no store's language.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from marquee_subgraphs.kit.documents.collection import Scalar


@dataclass(frozen=True, slots=True)
class Equal:
    """The field has this value; of a `many` field, one of its values is this."""

    field: str
    value: Scalar


@dataclass(frozen=True, slots=True)
class OneOf:
    """The field has one of these values; of a `many` field, they overlap."""

    field: str
    values: Sequence[Scalar]


@dataclass(frozen=True, slots=True)
class AtLeast:
    """The field is there and not less than this."""

    field: str
    value: Scalar


@dataclass(frozen=True, slots=True)
class AtMost:
    """The field is there and not more than this."""

    field: str
    value: Scalar


@dataclass(frozen=True, slots=True)
class Missing:
    """The field is not there, or null; a `many` field is empty."""

    field: str


@dataclass(frozen=True, slots=True)
class Matches:
    """Every word of `words` begins a word of the searched text, without case and accents; no words match
    all.
    """

    words: str


@dataclass(frozen=True, slots=True)
class Not:
    """The filter does not hold (a field that is missing holds in no comparison)."""

    filter: Filter


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of the filters holds; none given, none holds."""

    filters: Sequence[Filter]


Filter = Equal | OneOf | AtLeast | AtMost | Missing | Matches | Not | AnyOf
