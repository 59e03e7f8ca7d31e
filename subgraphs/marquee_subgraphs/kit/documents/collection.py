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
    """What a field holds."""

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
"""What a missing value stands for in sorts and cursors."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field that can be filtered, and sorted unless `many`.

    `name` is a dotted path into the body. Dates and times are text in ISO form. `folded` compares without
    case and accents, as titles should sort. `many` fields hold lists of text: `Equal` asks for one of the
    list's values. `required` ones are in every document, and sort by index.
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
        """The field's values in `body`, as they are compared."""
        return [self.comparable(value) for value in values_at(body, self.name)]

    def comparable(self, value: Any) -> Scalar:
        """Check and convert one value; `InvalidDocument` when it is of another kind."""
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
    """Order by a single-valued field; documents without it come as the lowest. Ties go by id, upwards."""

    field: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Collection:
    """A named set of documents.

    `text` are the dotted paths that `Matches` searches. `unique` are sets of single-valued required fields
    that no two documents share; `indexes` are combinations that are often asked for.
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
        """The declared field; `UnknownField` otherwise."""
        for field in self.fields:
            if field.name == name:
                return field
        raise UnknownField(f"{self.name} declares no field {name}")

    def single_field(self, name: str) -> Field:
        """The declared field; `UnknownField` also when it has many values."""
        field = self.field(name)
        if field.many:
            raise UnknownField(f"{name} has many values: it can be asked for one of them, not compared")
        return field

    def single_values(self, body: Mapping[str, Any]) -> Iterator[tuple[Field, Scalar | None]]:
        """Each single-valued field with its value; `InvalidDocument` when the body does not fit."""
        for field in self.fields:
            if field.many:
                continue
            values = field.values(body)
            if len(values) > 1 or (field.required and not values):
                raise InvalidDocument(f"{field.name} must be there once, found {len(values)} times")
            yield field, values[0] if values else None

    def many_values(self, body: Mapping[str, Any]) -> Iterator[tuple[Field, str]]:
        """Each value of each `many` field, once."""
        for field in self.fields:
            if field.many:
                for value in dict.fromkeys(field.values(body)):
                    assert isinstance(value, str)
                    yield field, value

    def searched_words(self, body: Mapping[str, Any]) -> list[str]:
        """The folded words of the searched text, each once."""
        found = [word for path in self.text for value in values_at(body, path) for word in words(str(value))]
        return list(dict.fromkeys(found))

    def searched_text(self, body: Mapping[str, Any]) -> str:
        """The same words, each after a space."""
        return " " + " ".join(self.searched_words(body))

    def key_types(self, sort: Sequence[Sort]) -> tuple[type, ...]:
        """The types of the sort key of `find(sort=sort)`, for `PageRequest.of`."""
        return (*(_KEY_TYPES[self.field(each.field).kind] for each in sort), str)
