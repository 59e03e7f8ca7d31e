"""How a document is kept in MongoDB: its body unchanged, and beside it the values it is found and sorted by.
Pure.

`{ _id, id, revision, version, body, fields: {title: "metropolis"}, order: {}, missing: [], words: [] }`

`fields` contains the comparable values, null when missing; `order` those of optional fields, the lowest value
for a missing one; `id` repeats `_id` as the last part of every sort. A deleted document leaves `_id`, `id`
and `revision` for a day, with `version` null, so that a late write cannot bring it back.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final

import orjson

from marquee_subgraphs.kit.documents.collection import LOWEST, Collection, Field
from marquee_subgraphs.kit.documents.errors import InvalidDocument

Document = dict[str, Any]
IndexKeys = tuple[tuple[str, int], ...]

LARGEST_BYTES: Final = 15_000_000
"""The largest body as JSON. MongoDB refuses documents over 16 MiB, but only after SQL has accepted them."""
SEPARATOR: Final = "\x1f"
NOTHING: Final = "\0"
"""Separates the values of a combination, and stands for a missing one; no field may contain them."""
_LARGEST_INTEGER: Final = 2**63 - 1


def field_key(name: str) -> str:
    """Return the key of a field, as `release_date` of `release.date`."""
    return re.sub(r"\W", "_", name)


def value_path(field: Field) -> str:
    """Return the path of the field's comparable value, for filters."""
    return f"fields.{field_key(field.name)}"


def sort_path(field: Field) -> str:
    """Return the path of the value that is sorted by."""
    return value_path(field) if field.required else f"order.{field_key(field.name)}"


def plain_body(collection: Collection, body: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """Return the body as JSON values and as JSON text. Raises `InvalidDocument`."""
    try:
        text = orjson.dumps(body)
    except TypeError as error:
        raise InvalidDocument(f"the body is not JSON: {error}") from error
    plain = orjson.loads(text)
    if not isinstance(plain, dict):
        raise InvalidDocument("the body must be an object")
    if len(text) > LARGEST_BYTES:
        raise InvalidDocument(f"the body has {len(text)} bytes, the most are {LARGEST_BYTES}")
    _refuse_what_bson_cannot_hold(plain)
    document_form(collection, "", 1, 1, plain)
    return plain, text.decode()


def _refuse_what_bson_cannot_hold(value: Any) -> None:
    match value:
        case dict():
            for key, member in value.items():
                if "\0" in key or "." in key or key.startswith("$"):
                    raise InvalidDocument(f"{key!r} cannot be a key")
                _refuse_what_bson_cannot_hold(member)
        case list():
            for member in value:
                _refuse_what_bson_cannot_hold(member)
        case int() if abs(value) > _LARGEST_INTEGER:
            raise InvalidDocument(f"{value} has more than 63 bits")


def document_form(
    collection: Collection, document_id: str, revision: int, version: int | None, body: Mapping[str, Any]
) -> Document:
    """Return the form of this version, or of a deleted document when `version` is None."""
    form: Document = {"_id": document_id, "id": document_id, "revision": revision, "version": version}
    if version is None:
        return form
    fields: Document = {}
    order: Document = {}
    for field, value in collection.single_values(body):
        if isinstance(value, str) and (SEPARATOR in value or NOTHING in value):
            raise InvalidDocument(f"{field.name} may not contain control characters")
        fields[field_key(field.name)] = value
        if not field.required:
            order[field_key(field.name)] = LOWEST[field.kind] if value is None else value
    for field in collection.fields:
        if field.many:
            fields[field_key(field.name)] = list(dict.fromkeys(field.values(body))) or None
    missing = [key for key, value in fields.items() if value is None]
    words = collection.searched_words(body)
    return {**form, "body": body, "fields": fields, "order": order, "missing": missing, "words": words}


def unique_digests(collection: Collection, body: Mapping[str, Any]) -> list[str]:
    """Return a digest of each set of unique fields, equal for documents that exclude each other."""
    values = {field.name: value for field, value in collection.single_values(body)}
    return [
        hashlib.sha256(orjson.dumps([list(names), [values[name] for name in names]])).hexdigest()
        for names in collection.unique
    ]


def index_keys(collection: Collection) -> list[IndexKeys]:
    """Return the indexes that the collection declares.

    None is unique: writes may arrive in another order than that in which SQL decided them. If film A gives up
    a slug and film B takes it, B may arrive first.
    """
    last = ("id", 1)
    wanted: list[IndexKeys] = []
    for field in collection.fields:
        wanted.append(((value_path(field), 1),) if field.many else ((value_path(field), 1), last))
        if not field.many and not field.required:
            wanted.append(((sort_path(field), 1), last))
    for names in collection.indexes:
        paths = [value_path(collection.field(name)) for name in names]
        # Sorted in either direction, while ids always ascend.
        leading = tuple((path, 1) for path in paths[:-1])
        wanted += [(*leading, (paths[-1], direction), last) for direction in (1, -1)]
    if collection.text:
        wanted.append((("words", 1),))
    return list(dict.fromkeys(wanted))
