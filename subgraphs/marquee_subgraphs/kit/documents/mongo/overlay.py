"""Filters and sorts over bodies in memory: the writes that MongoDB does not have yet. Pure.

Must mean exactly what `query` says in MongoDB's language and `sql_query` in SQL.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, assert_never

from marquee_subgraphs.kit.documents.collection import (
    LOWEST,
    Collection,
    Scalar,
    Sort,
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
from marquee_subgraphs.kit.documents.repository import StoredDocument
from marquee_subgraphs.kit.documents.text import words
from marquee_subgraphs.kit.pagination import SortKey


def holds(collection: Collection, document: StoredDocument, wanted: Filter) -> bool:
    """Return True if the filter holds for the document."""
    match wanted:
        case Equal(name, value):
            return _has_one(collection, document, name, [value])
        case OneOf(name, values):
            return _has_one(collection, document, name, values)
        case AtLeast(name, least):
            return _compares(collection, document, name, least, operator.ge)
        case AtMost(name, most):
            return _compares(collection, document, name, most, operator.le)
        case Missing(name):
            return not collection.field(name).values(document.body)
        case Matches(text):
            found = collection.searched_words(document.body)
            return all(any(each.startswith(word) for each in found) for word in words(text))
        case Not(negated):
            return not holds(collection, document, negated)
        case AnyOf(filters):
            return any(holds(collection, document, each) for each in filters)
        case _:
            assert_never(wanted)


def _has_one(collection: Collection, document: StoredDocument, name: str, values: Sequence[Scalar]) -> bool:
    field = collection.field(name)
    wanted = {field.comparable(value) for value in values}
    return not wanted.isdisjoint(field.values(document.body))


def _compares(
    collection: Collection,
    document: StoredDocument,
    name: str,
    limit: Scalar,
    compare: Callable[[Any, Any], bool],
) -> bool:
    value = value_of(collection, document, name)
    return value is not None and compare(value, collection.single_field(name).comparable(limit))


def value_of(collection: Collection, document: StoredDocument, name: str) -> Scalar | None:
    """Return the comparable value of a single-valued field; None when it is missing."""
    values = collection.single_field(name).values(document.body)
    return values[0] if values else None


def sort_key(collection: Collection, document: StoredDocument, sort: Sequence[Sort]) -> SortKey:
    """Return the sort key of the document, its id last; the lowest value stands for a missing one."""
    key: list[Scalar] = []
    for each in sort:
        value = value_of(collection, document, each.field)
        key.append(LOWEST[collection.field(each.field).kind] if value is None else value)
    return (*key, document.id)


def comes_after(key: SortKey, sort: Sequence[Sort], bound: SortKey) -> bool:
    """Return True if a document of sort key `key` comes after `bound`."""
    descending = [*(each.descending for each in sort), False]
    for value, limit, down in zip(key, bound, descending, strict=True):
        if value != limit:
            return bool(value < limit if down else value > limit)  # type: ignore[operator]  # alike, by key_types
    return False


def sorted_documents(
    collection: Collection, documents: Sequence[StoredDocument], sort: Sequence[Sort]
) -> list[StoredDocument]:
    """Return the documents in order."""
    found = sorted(documents, key=lambda document: document.id)
    for each in reversed(sort):
        found.sort(key=lambda document: sort_key(collection, document, [each])[0], reverse=each.descending)  # type: ignore[arg-type,return-value]
    return found
