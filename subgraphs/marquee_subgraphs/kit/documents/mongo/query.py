"""Filters, sorts and pages in MongoDB's language. Must never call the server.

Uses only operators that every MongoDB since 5 has, and finds words by ranges, which an index serves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, assert_never

from marquee_subgraphs.kit.documents.collection import (
    Collection,
    Field,
    FieldKind,
    Scalar,
    Sort,
)
from marquee_subgraphs.kit.documents.mongo.form import (
    NOTHING,
    SEPARATOR,
    Document,
    field_key,
    sort_path,
    value_path,
)
from marquee_subgraphs.kit.documents.query import (
    AnyOf,
    AtLeast,
    AtMost,
    Equal,
    Filter,
    Matches,
    Missing,
    Not,
    OneOf,
)
from marquee_subgraphs.kit.documents.text import words
from marquee_subgraphs.kit.pagination import SortKey

LIVE: Document = {"version": {"$gte": 1}}
"""Holds for existing documents, not for what deleted ones leave behind."""
_NONE: Document = {"_id": {"$in": []}}
_AFTER_ALL_LETTERS = "\U0010ffff"


def all_of(*conditions: Document) -> Document:
    """Return the condition that all of these hold."""
    wanted = [condition for condition in conditions if condition]
    return {"$and": wanted} if wanted else {}


def condition(collection: Collection, wanted: Filter) -> Document:
    """Return the condition of one filter; empty when it always holds."""
    match wanted:
        case Equal(name, value):
            field = collection.field(name)
            return {value_path(field): field.comparable(value)}
        case OneOf(name, values):
            field = collection.field(name)
            return {value_path(field): {"$in": [field.comparable(value) for value in values]}}
        case AtLeast(name, value):
            field = collection.single_field(name)
            return {value_path(field): {"$gte": field.comparable(value)}}
        case AtMost(name, value):
            field = collection.single_field(name)
            return {value_path(field): {"$lte": field.comparable(value)}}
        case Missing(name):
            return {"missing": field_key(collection.field(name).name)}
        case Matches(text):
            return all_of(*(_word_begins(word) for word in words(text)))
        case Not(negated):
            inner = condition(collection, negated)
            return {"$nor": [inner]} if inner else _NONE
        case AnyOf(filters):
            return _any_of([condition(collection, each) for each in filters])
        case _:
            assert_never(wanted)


def _word_begins(word: str) -> Document:
    return {"words": {"$elemMatch": {"$gte": word, "$lt": word + _AFTER_ALL_LETTERS}}}


def _any_of(alternatives: list[Document]) -> Document:
    if not alternatives:
        return _NONE
    return {"$or": alternatives} if all(alternatives) else {}


def ordering(collection: Collection, sort: Sequence[Sort]) -> list[tuple[str, int]]:
    """Return the sort: the fields, then the id, ascending."""
    fields = [(collection.single_field(each.field), each.descending) for each in sort]
    return [*((sort_path(field), -1 if descending else 1) for field, descending in fields), ("id", 1)]


def after(collection: Collection, sort: Sequence[Sort], key: SortKey) -> Document:
    """Return the condition of the documents after `key`: later in the first field, or equal there and later
    in the next, and so on.
    """
    later: list[Document] = []
    same: Document = {}
    paths = ordering(collection, sort)
    for (path, direction), value in zip(paths, key, strict=True):
        later.append({**same, path: {"$gt" if direction == 1 else "$lt": value}})
        same = {**same, path: value}
    path, direction = paths[0]
    # Implied by the alternatives, but an index can use it: MongoDB does not combine the alternatives itself.
    bound: dict[str, Any] = {path: {"$gte" if direction == 1 else "$lte": key[0]}}
    return all_of(bound, {"$or": later})


def combination(fields: Sequence[Field]) -> Document:
    """Return an expression that joins the values of these fields to one text, equal for equal values."""
    parts: list[Any] = []
    for field in fields:
        path = f"${value_path(field)}"
        shown = path if field.kind is FieldKind.TEXT else {"$toString": path}
        parts += [SEPARATOR, {"$ifNull": [shown, NOTHING]}]
    return {"$concat": parts[1:]}


def combined_values(fields: Sequence[Field], combined: str) -> tuple[Scalar | None, ...]:
    """Return the values that `combination` joined."""
    values: list[Scalar | None] = []
    for field, text in zip(fields, combined.split(SEPARATOR), strict=True):
        match field.kind:
            case _ if text == NOTHING:
                values.append(None)
            case FieldKind.TEXT:
                values.append(text)
            case FieldKind.NUMBER:
                values.append(float(text))
            case FieldKind.BOOLEAN:
                values.append(text.lower() == "true")
    return tuple(values)
