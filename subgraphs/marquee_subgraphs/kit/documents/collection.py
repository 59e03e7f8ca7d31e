"""What a collection declares: the fields it is filtered and sorted by, its searched text, its indexes.
Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from marquee_subgraphs.kit.documents.errors import InvalidDocument, UnknownField
from marquee_subgraphs.kit.documents.text import fold, values_at, words

Scalar = str | float | bool


class FieldKind(Enum):
    """The type of a field's values."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"


_KEY_TYPES: Mapping[FieldKind, type] = {
    FieldKind.TEXT: str,
    FieldKind.NUMBER: float,
    FieldKind.BOOLEAN: bool,
}

LOWEST: Mapping[FieldKind, Scalar] = {
    FieldKind.TEXT: "",
    FieldKind.NUMBER: -1.7976931348623157e308,
    FieldKind.BOOLEAN: False,
}
"""The value that stands for a missing one in sorts and cursors."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field that can be filtered, and sorted unless it is `many`.

    `name` is a dotted path into the body. Dates and times are text in ISO form. `folded` compares without
    case and accents, as titles should sort. A `many` field is a list of text, and `Equal` asks for one of its
    values. A `required` field is in every document, so that an index can serve its sorts.
    """

    name: str
    kind: FieldKind = FieldKind.TEXT
    many: bool = False
    folded: bool = False
    required: bool = False

    def __post_init__(self) -> None:
        if (self.many or self.folded) and self.kind is not FieldKind.TEXT:
            raise ValueError(f"{self.name}: only text may be many or folded")

    def values(self, body: Mapping[str, Any]) -> list[Scalar]:
        """Return the field's values in `body`, in the form in which they are compared."""
        return [self.comparable(value) for value in values_at(body, self.name)]

    def comparable(self, value: Any) -> Scalar:
        """Return one value in the form in which it is compared. Raises `InvalidDocument` for another type."""
        match self.kind:
            case FieldKind.TEXT if isinstance(value, str):
                return fold(value) if self.folded else value
            case FieldKind.NUMBER if isinstance(value, int | float) and not isinstance(value, bool):
                return float(value)
            case FieldKind.BOOLEAN if isinstance(value, bool):
                return value
            case _:
                raise InvalidDocument(f"{self.name} must be {self.kind.value}, got {type(value).__name__}")


@dataclass(frozen=True, slots=True)
class Sort:
    """Order by a single-valued field; documents without it are the lowest. Ties are ordered by id,
    ascending.
    """

    field: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Collection:
    """A named set of documents.

    `text` are the dotted paths that `Matches` searches. `unique` are sets of single-valued required fields
    that no two documents share. `indexes` are combinations of fields that are often queried together.
    """

    name: str
    fields: Sequence[Field] = ()
    text: Sequence[str] = ()
    unique: Sequence[tuple[str, ...]] = ()
    indexes: Sequence[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        for name in [name for names in (*self.unique, *self.indexes) for name in names]:
            if self.field(name).many:
                raise ValueError(f"{self.name}: {name} has many values and cannot be in a combined index")

    def field(self, name: str) -> Field:
        """Return the declared field. Raises `UnknownField`."""
        for field in self.fields:
            if field.name == name:
                return field
        raise UnknownField(f"{self.name} declares no field {name}")

    def single_field(self, name: str) -> Field:
        """Return the declared field. Raises `UnknownField`, also for a field of many values."""
        field = self.field(name)
        if field.many:
            raise UnknownField(f"{name} has many values: it can be asked for one of them, not compared")
        return field

    def single_values(self, body: Mapping[str, Any]) -> Iterator[tuple[Field, Scalar | None]]:
        """Yield each single-valued field with its value. Raises `InvalidDocument`."""
        for field in self.fields:
            if field.many:
                continue
            values = field.values(body)
            if len(values) > 1 or (field.required and not values):
                raise InvalidDocument(f"{field.name} must be there once, found {len(values)} times")
            yield field, values[0] if values else None

    def many_values(self, body: Mapping[str, Any]) -> Iterator[tuple[Field, str]]:
        """Yield each value of each `many` field once."""
        for field in self.fields:
            if field.many:
                for value in dict.fromkeys(field.values(body)):
                    assert isinstance(value, str)
                    yield field, value

    def searched_words(self, body: Mapping[str, Any]) -> list[str]:
        """Return the folded words of the searched text, each once."""
        found = [word for path in self.text for value in values_at(body, path) for word in words(str(value))]
        return list(dict.fromkeys(found))

    def searched_text(self, body: Mapping[str, Any]) -> str:
        """Return the searched words, each after a space: `" space odyssey"`."""
        return " " + " ".join(self.searched_words(body))

    def key_types(self, sort: Sequence[Sort]) -> tuple[type, ...]:
        """Return the types of the sort key of `find(sort=sort)`, for `PageRequest.of`."""
        return (*(_KEY_TYPES[self.field(each.field).kind] for each in sort), str)
