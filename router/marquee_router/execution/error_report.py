"""Says in the client's words what went wrong in subgraphs: paths rewritten, secrets dropped; nothing lost,
nothing invented.

Runs only when something did go wrong, after all data are in.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from graphql import get_named_type

from marquee_router.errors import MASKED_MESSAGE, FormattedError
from marquee_router.execution.conditions import hold
from marquee_router.execution.nesting_depth import MOST_LEVELS, nests_deeper
from marquee_router.execution.path_collector import SourcePath
from marquee_router.execution.projection.completion import ResponsePath, Violation
from marquee_router.execution.state import Execution, Failure, FetchLocation
from marquee_router.log_fields import log_fields
from marquee_router.planning.plan import ResponseField, ResponseSelection

logger = logging.getLogger("marquee_router.execution")

VIOLATION_CODE = "SUBGRAPH_VALUE_INVALID"
LEFT_OUT_CODE = "TOO_MANY_ERRORS"
REPORTED_CODE = "DOWNSTREAM_SERVICE_ERROR"
MOST_ERRORS = 1_000
"""Of one answer; one more says how many are left out."""
_SECRETS = frozenset({"exception", "stacktrace", "stackTrace", "trace", "debugMessage", "debug"})


class Reporter:
    """Formats the errors of one plan's runs."""

    __slots__ = ("_denied", "_pass_messages", "_response", "_root_type")

    def __init__(
        self,
        response: ResponseSelection,
        root_type: str,
        *,
        pass_messages: bool,
        denied: tuple[FormattedError, ...] = (),
    ) -> None:
        self._denied = denied
        """In every answer; their paths have no list positions."""
        self._response = response
        self._root_type = root_type
        self._pass_messages = pass_messages

    def report(self, execution: Execution, violations: list[Violation]) -> list[FormattedError]:
        """Errors in the response format, at most `MOST_ERRORS` and one that counts the others.

        A null that a failure or a denial explains is not reported again.
        """
        errors: list[FormattedError] = list(self._denied)
        explained: list[ResponsePath] = []
        left_out = 0
        for failure in execution.failures:
            location = failure.fetch.location(execution.data, failure.objects)
            if failure.unavailable is not None:
                errors += self._failed(failure, location, execution, explained)
            for position, raw in enumerate(failure.reported):
                if len(errors) >= MOST_ERRORS:
                    left_out += len(failure.reported) - position
                    explained += self._places(location, execution)
                    break
                errors += self._reported(failure, raw, location, execution, explained)
        is_explained = Explained(explained, self._denied)
        errors += [
            {
                "message": violation.message,
                "path": list(violation.path),
                "extensions": {"code": VIOLATION_CODE},
            }
            for violation in violations
            if not (violation.is_null and is_explained(violation.path))
        ]
        left_out += max(len(errors) - MOST_ERRORS, 0)
        if left_out:
            del errors[MOST_ERRORS:]
            errors.append(
                {"message": f"{left_out} more errors are left out", "extensions": {"code": LEFT_OUT_CODE}}
            )
        return errors

    def _failed(
        self,
        failure: Failure,
        location: FetchLocation,
        execution: Execution,
        explained: list[ResponsePath],
    ) -> list[FormattedError]:
        unavailable = failure.unavailable
        assert unavailable is not None
        subgraph = failure.fetch.subgraph
        logger.warning(
            "subgraph %s failed: %s",
            subgraph,
            unavailable,
            extra={"subgraph": subgraph, "code": unavailable.code, **_trace(execution)},
        )
        extensions = {"code": unavailable.code, "serviceName": subgraph}
        places = self._places(location, execution)
        explained += places
        return [_error(unavailable.public_message, path, extensions) for path in _summary(places)]

    def _reported(
        self,
        failure: Failure,
        raw: Any,
        location: FetchLocation,
        execution: Execution,
        explained: list[ResponsePath],
    ) -> list[FormattedError]:
        """One error of a subgraph: once per place it stands for, since equal representations were sent
        once."""
        error = raw if isinstance(raw, Mapping) else {}
        message = error.get("message")
        extensions: dict[str, Any] = {"code": REPORTED_CODE}
        told = error.get("extensions")
        if self._pass_messages and isinstance(told, Mapping) and not nests_deeper(told, MOST_LEVELS):
            extensions |= {key: value for key, value in told.items() if key not in _SECRETS}
        extensions["serviceName"] = failure.fetch.subgraph
        if not self._pass_messages or not isinstance(message, str):
            # Never its message, which may repeat what a client sent.
            logger.debug("subgraph %s reported an error", failure.fetch.subgraph, extra=_trace(execution))
            message = MASKED_MESSAGE
        path = error.get("path")
        sources = location.of(path) if isinstance(path, list) and path else []
        if sources:
            wanted = [source for source in sources if not self._is_for_others(source, execution)]
            places = list(dict.fromkeys(self.client_path(source, execution) for source in wanted))
            explained += places
            return [_error(message, place, extensions) for place in places]
        places = self._places(location, execution)
        explained += places
        return [_error(message, _common(places), extensions)]

    def _places(self, location: FetchLocation, execution: Execution) -> list[ResponsePath]:
        """Where the fetch's fields or objects stand in the answer; the root only when nothing else is
        known."""
        places = dict.fromkeys(self.client_path(source, execution) for source in location.all_paths())
        return [place for place in places if place] or list(places)

    def _is_for_others(self, source: SourcePath, execution: Execution) -> bool:
        """Whether the field was read of an object only because its type was not known yet, and the client
        asked for it on other types."""
        selection, value = self._response, execution.data
        type_name: str | None = self._root_type
        for element in source:
            if isinstance(element, str):
                if value is not execution.data:
                    type_name = _at(value, "__typename")
                field = _field(selection, type_name, element)
                if field is None:
                    return type_name in selection.by_type and _field(selection, None, element) is not None
                if field.selection is None:
                    return False
                selection = field.selection
            value = _at(value, element)
        return False

    def client_path(self, source: SourcePath, execution: Execution) -> ResponsePath:
        """The response path of a source path, as far as the client selected it and no condition excludes
        it."""
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


def _trace(execution: Execution) -> dict[str, str]:
    """What finds the client's request again in traces and in other logs."""
    return log_fields(execution.context)


def _at(value: Any, element: str | int) -> Any:
    """What a subgraph's path leads to; None where it leads nowhere."""
    try:
        return value[element]
    except (KeyError, IndexError, TypeError):
        return None


def _field(selection: ResponseSelection | None, type_name: str | None, source: str) -> ResponseField | None:
    """The selected field that takes `source`; when the concrete type is unknown, that of any type."""
    if selection is None:
        return None
    known = selection.by_type.get(type_name or "")
    for fields in selection.by_type.values() if known is None else (known,):
        for field in fields:
            if field.source == source and field.name != "__typename":
                return field
    return None


def _error(message: str, path: ResponsePath | None, extensions: Mapping[str, Any]) -> FormattedError:
    if path:
        return {"message": message, "path": list(path), "extensions": dict(extensions)}
    return {"message": message, "extensions": dict(extensions)}


def _summary(places: list[ResponsePath]) -> list[ResponsePath | None]:
    """Fields of one object are named each; many objects are one fault, named where they meet."""
    if places and len({place[:-1] for place in places}) == 1 and not any(_ends_in_list(p) for p in places):
        return list(places)
    return [_common(places)]


def _ends_in_list(path: ResponsePath) -> bool:
    return bool(path) and isinstance(path[-1], int)


def _common(places: list[ResponsePath]) -> ResponsePath | None:
    """The longest path that all places begin with; None when that is the root."""
    if not places:
        return None
    common = places[0]
    for place in places[1:]:
        length = 0
        for ours, theirs in zip(common, place, strict=False):
            if ours != theirs:
                break
            length += 1
        common = common[:length]
    return common or None


class Explained:
    """Whether an error already stands at, above or below a path; in time linear in the length of the
    paths."""

    def __init__(self, places: list[ResponsePath], denied: tuple[FormattedError, ...]) -> None:
        self._places = set(places)
        self._above = {place[:length] for place in self._places for length in range(len(place))}
        self._denied = [tuple(error.get("path", ())) for error in denied]
        """Without list positions."""

    def __call__(self, path: ResponsePath) -> bool:
        if path in self._above or any(path[:length] in self._places for length in range(len(path) + 1)):
            return True
        keys = tuple(element for element in path if isinstance(element, str))
        return any(keys[: len(denied)] == denied[: len(keys)] for denied in self._denied)
