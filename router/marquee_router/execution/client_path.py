"""`ClientPaths`: response paths in place of source paths.

A source path leads through the collected data by the keys that subgraphs used; a response path leads through
the response by the client's keys. With `{ me { nick: name } }` the source path `me, name` is `me, nick`.
"""

from __future__ import annotations

from typing import Any

from graphql import get_named_type

from marquee_router.execution.conditions import hold
from marquee_router.execution.path_collector import SourcePath
from marquee_router.execution.projection.completion import ResponsePath
from marquee_router.execution.state import Execution
from marquee_router.planning.plan import ResponseField, ResponseSelection


class ClientPaths:
    """Translates the paths of one operation."""

    __slots__ = ("_response", "_root_type")

    def __init__(self, response: ResponseSelection, root_type: str) -> None:
        self._response = response
        self._root_type = root_type

    def of(self, source: SourcePath, execution: Execution) -> ResponsePath:
        """The response path of a source path, as far as the client selected it.

        It ends before a field that the client did not select (a key, a required field) or that `@skip` or
        `@include` excludes, and before an index that the collected list does not have.
        """
        path: list[str | int] = []
        selection: ResponseSelection | None = self._response
        type_name: str | None = self._root_type
        value: Any = execution.data
        for element in source:
            if element.__class__ is int and not isinstance(value, dict):
                if element < 0 or (isinstance(value, list) and element >= len(value)):
                    break
                path.append(element)
                value = value[element] if isinstance(value, list) else None
                continue
            if not isinstance(element, str):
                break
            if isinstance(value, dict) and isinstance(value.get("__typename"), str) and path:
                type_name = value["__typename"]
            field = _field(selection, type_name, element)
            if field is None or not hold(field.conditions, execution.variables):
                break
            path.append(field.response_key)
            selection = field.selection
            type_name = get_named_type(field.type).name
            value = value.get(element) if isinstance(value, dict) else None
        return tuple(path)

    def is_of_another_type(self, source: SourcePath, execution: Execution) -> bool:
        """True if the client selected the field at this path only on types that the object does not have.

        `{ media { ... on Film { length } } }` may be sent to a subgraph that knows only the interface: it
        then resolves `length` for books too, and an error for a book is none of the client's.
        """
        selection, value = self._response, execution.data
        type_name: str | None = self._root_type
        for element in source:
            if isinstance(element, str):
                if value is not execution.data:
                    name = _at(value, "__typename")
                    type_name = name if isinstance(name, str) else None
                field = _field(selection, type_name, element)
                if field is None:
                    return type_name in selection.by_type and _field(selection, None, element) is not None
                if field.selection is None:
                    return False
                selection = field.selection
            value = _at(value, element)
        return False


def _at(value: Any, element: str | int) -> Any:
    """The value under a key or an index; None if there is none. Subgraphs may send any path."""
    try:
        return value[element]
    except (KeyError, IndexError, TypeError):
        return None


def _field(selection: ResponseSelection | None, type_name: str | None, source: str) -> ResponseField | None:
    """The selected field with this source key; of any type if the concrete type is unknown."""
    if selection is None:
        return None
    known = selection.by_type.get(type_name or "")
    for fields in selection.by_type.values() if known is None else (known,):
        for field in fields:
            if field.source == source and field.name != "__typename":
                return field
    return None
