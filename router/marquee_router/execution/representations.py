"""Builds the representations of an entity fetch: one per distinct value, encoded once, with its objects.

    films { director { id } }     two films, one director: one representation {"__typename": "Person", "id":
    "1"}

The builder of flat representations (nearly all) is generated Python: a few lines that read the fields, skip
objects without a required value, and encode. Nothing enters its source but the `repr` of names. Nested
representations are read by closures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias, cast

import orjson

from marquee_router.execution.merge import merge_objects
from marquee_router.execution.path_collector import has_type
from marquee_router.planning.plan import RepresentationField, RepresentationSelection


class RepresentationBatch(NamedTuple):
    """The representations for one target, with the objects of each."""

    groups: list[list[dict[str, Any]]]
    """For each distinct representation its objects, in the order in which they were found."""
    encoded: bytes
    """The representations in the same order, as JSON without brackets: `{"id":"1"},{"id":"2"}`."""


NOTHING = RepresentationBatch([], b"")
Builder: TypeAlias = Callable[[list[Any]], RepresentationBatch]
_Reader: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]

_Part: TypeAlias = Callable[[dict[str, Any], dict[str, Any]], None]
"""Reads a part of an object into a representation."""

_MISSING = object()
_PLAIN = frozenset({str, int})
"""Classes whose values are equal only if their JSON is. Not bool and float: in Python `True == 1 == 1.0`."""


class _Absent(Exception):
    """A required value is null or was not fetched: the object has no representation."""


def compile_representation(
    selections: tuple[RepresentationSelection, ...], typenames: Mapping[str, str]
) -> Builder:
    """Return a function that groups objects by their representations; those without a required value are
    left out.

    `typenames` maps the name of a type to the name that the subgraph knows: its interface, if the subgraph
    has
    the type as `@interfaceObject`. Most plans of a graph share a few representations, so builders are kept.
    """
    return _compile(selections, tuple(sorted(typenames.items())))


@lru_cache(maxsize=1_000)
def _compile(
    selections: tuple[RepresentationSelection, ...], renamed: tuple[tuple[str, str], ...]
) -> Builder:
    typenames = dict(renamed)
    flat = [
        selection
        for selection in selections
        if isinstance(selection, RepresentationField) and not selection.selections
    ]
    if len(flat) == len(selections):
        return _generate(flat, typenames)
    return _build_with(_reader(selections, typenames))


def _generate(fields: list[RepresentationField], typenames: dict[str, str]) -> Builder:
    """Generate the builder of a flat representation.

    Objects are grouped by a tuple of their values if all are strings and integers, as keys nearly always are;
    otherwise by the JSON of that tuple.
    """
    variables = [f"v{index}" for index in range(len(fields))]
    reads = "; ".join(f"v{index} = o[{field.source!r}]" for index, field in enumerate(fields))
    values = ", ".join(variables)
    required = [v for field, v in zip(fields, variables, strict=True) if not field.nullable]
    nulls = " or ".join(f"{variable} is None" for variable in required) or "False"
    plain = " and ".join(
        f"{variable}.__class__ in {'nullable' if field.nullable else 'present'}"
        for field, variable in zip(fields, variables, strict=True)
    )
    entries = ", ".join(
        f"{field.name!r}: " + (f"renamed({variable})" if _renamed(field, typenames) else variable)
        for field, variable in zip(fields, variables, strict=True)
    )
    # A missing key raises KeyError, a null among the objects TypeError: neither has a representation.
    # Objects are
    # grouped in the order in which they were found, so the entities of the answer have the same indexes.
    source = f"""
def build(objects):
    groups = {{}}
    distinct = []
    for o in objects:
        try: {reads}
        except (KeyError, TypeError): continue
        if {plain}: k = ({values},)
        elif {nulls}: continue
        else: k = dumps(({values},))
        g = groups.get(k)
        if g is None:
            groups[k] = [o]
            distinct.append({{{entries}}})
        else: g.append(o)
    return RepresentationBatch(list(groups.values()), dumps(distinct)[1:-1])
"""
    names: dict[str, Any] = {
        "dumps": orjson.dumps,
        "renamed": lambda name: _rename(name, typenames),
        "present": _PLAIN,
        "nullable": _PLAIN | {type(None)},
        "RepresentationBatch": RepresentationBatch,
    }
    code = compile(source, "<representations>", "exec", dont_inherit=True)
    exec(code, names)  # noqa: S102 our own generated source; see the module's docstring
    return cast("Builder", names["build"])


def _renamed(field: RepresentationField, typenames: Mapping[str, str]) -> bool:
    return bool(typenames) and field.name == "__typename"


def _rename(name: Any, typenames: Mapping[str, str]) -> Any:
    return typenames.get(name, name) if isinstance(name, str) else name


def _build_with(read: _Reader) -> Builder:
    def build(objects: list[Any]) -> RepresentationBatch:
        groups: dict[bytes, list[dict[str, Any]]] = {}
        for found in objects:
            if found.__class__ is not dict:
                continue
            try:
                encoded = orjson.dumps(read(found))
            except _Absent:
                continue
            groups.setdefault(encoded, []).append(found)
        return RepresentationBatch(list(groups.values()), b",".join(groups))

    return build


def _reader(selections: tuple[RepresentationSelection, ...], typenames: Mapping[str, str]) -> _Reader:
    """A function that reads the representation of one object.

    A null is read only for a `nullable` field of the plan; a value that was not fetched never.
    """
    parts: list[_Part] = []
    for selection in selections:
        if isinstance(selection, RepresentationField):
            parts.append(_field_part(selection, typenames))
        else:
            parts.append(_fragment_part(selection.possible, _reader(selection.selections, typenames)))

    def read(found: dict[str, Any]) -> dict[str, Any]:
        representation: dict[str, Any] = {}
        for part in parts:
            part(found, representation)
        return representation

    return read


def _field_part(field: RepresentationField, typenames: Mapping[str, str]) -> _Part:
    nested = _reader(field.selections, typenames) if field.selections else None
    nullable = field.nullable
    rename = _renamed(field, typenames)

    def part(found: dict[str, Any], representation: dict[str, Any]) -> None:
        value = found.get(field.source, _MISSING)
        if value is _MISSING or (value is None and not nullable):
            raise _Absent
        if nested is not None:
            value = _nested(value, nested)
        elif rename:
            value = _rename(value, typenames)
        # Two fragments of one key may select different fields of one object: `{ a { x } ... on T { a { y }
        # } }`.
        old = representation.get(field.name)
        if old.__class__ is dict and value.__class__ is dict:
            merge_objects(cast("dict[str, Any]", old), value)
        else:
            representation[field.name] = value

    return part


def _nested(value: Any, read: _Reader) -> Any:
    if value.__class__ is dict:
        return read(value)
    if value.__class__ is list:
        return [_nested(item, read) for item in value]
    if value is None:
        return None
    raise _Absent


def _fragment_part(possible: frozenset[str], read: _Reader) -> _Part:
    def part(found: dict[str, Any], representation: dict[str, Any]) -> None:
        if has_type(found, possible):
            merge_objects(representation, read(found))

    return part
