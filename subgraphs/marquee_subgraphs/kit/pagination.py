"""Keyset pages: what a store is asked for and what it returns. Cursors are opaque to clients and contain the
sort key.

No offsets: a page costs the same however deep it is, and rows that are added or removed do not shift it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Generic, TypeAlias, TypeVar

import orjson

from marquee_subgraphs.kit.refusals import InvalidInput

T = TypeVar("T")

MAX_PAGE_SIZE: Final = 100
# A cursor comes from the client: a longer one was not made here.
_MAX_CURSOR_LENGTH: Final = 500
SortKey: TypeAlias = tuple[str | int | float | bool | datetime | None, ...]
"""The values of the columns that a list is sorted by; the last one is unique."""


@dataclass(frozen=True, slots=True)
class PageRequest:
    """At most `first` rows after the sort key `after`. A store reads `first + 1` rows to know whether there
    are more.
    """

    first: int = 20
    after: SortKey | None = None

    @classmethod
    def of(cls, first: int, after: str | None, key_types: tuple[type, ...]) -> PageRequest:
        """Return the request of a connection's arguments; `key_types` are the types of the sort key. Raises
        `InvalidInput`.
        """
        if not 1 <= first <= MAX_PAGE_SIZE:
            raise InvalidInput(f"first must be between 1 and {MAX_PAGE_SIZE}", ["first"])
        return cls(first, None if after is None else _decode(after, key_types))


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Rows in order, each with its cursor, and whether there are rows after them (and, if known, before)."""

    rows: Sequence[T]
    cursors: Sequence[str]
    has_next: bool
    has_previous: bool

    @classmethod
    def of(cls, rows: Sequence[T], request: PageRequest, sort_key: Callable[[T], SortKey]) -> Page[T]:
        """Return the page of up to `first + 1` rows; the extra row only shows that there are more."""
        kept = rows[: request.first]
        return cls(
            rows=kept,
            cursors=[encode_cursor(sort_key(row)) for row in kept],
            has_next=len(rows) > request.first,
            has_previous=request.after is not None,
        )


def encode_cursor(key: SortKey) -> str:
    """Return the opaque cursor of a sort key."""
    return base64.urlsafe_b64encode(orjson.dumps(key)).rstrip(b"=").decode()


def _decode(cursor: str, key_types: tuple[type, ...]) -> SortKey:
    refusal = InvalidInput("after is not a cursor of this list", ["after"])
    if len(cursor) > _MAX_CURSOR_LENGTH:
        raise refusal
    try:
        values = orjson.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True))
    except (ValueError, binascii.Error) as error:
        raise refusal from error
    if not isinstance(values, list) or len(values) != len(key_types):
        raise refusal
    try:
        return tuple([_read(value, key_type) for value, key_type in zip(values, key_types, strict=True)])
    except ValueError as error:
        raise refusal from error


def _read(value: object, key_type: type) -> str | int | float | bool | datetime | None:
    if value is None:
        return None
    if key_type is datetime and isinstance(value, str):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError("a moment needs its offset")
        return moment
    if type(value) is key_type and isinstance(value, str | int | float | bool):
        return value
    raise ValueError("a cursor of another list")
