"""`Reporter`: the errors of a response: those of subgraphs, with response paths and without secrets.

Runs only if something failed, after all data have arrived. Must neither lose an error nor invent one.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from marquee_router.errors import MASKED_MESSAGE, FormattedError
from marquee_router.execution.client_path import ClientPaths
from marquee_router.execution.nesting_depth import MOST_LEVELS, nests_deeper
from marquee_router.execution.projection.completion import ResponsePath, Violation
from marquee_router.execution.state import Execution, Failure, FetchLocation
from marquee_router.log_fields import log_fields
from marquee_router.planning.plan import ResponseSelection

logger = logging.getLogger("marquee_router.execution")

VIOLATION_CODE = "SUBGRAPH_VALUE_INVALID"
LEFT_OUT_CODE = "TOO_MANY_ERRORS"
REPORTED_CODE = "DOWNSTREAM_SERVICE_ERROR"
MOST_ERRORS = 1_000
"""Of one response; a further error says how many are left out."""
_SECRETS = frozenset({"exception", "stacktrace", "stackTrace", "trace", "debugMessage", "debug"})


class Reporter:
    """Formats the errors of one plan's responses."""

    __slots__ = ("_denied", "_pass_messages", "_paths")

    def __init__(
        self,
        response: ResponseSelection,
        root_type: str,
        *,
        pass_messages: bool,
        denied: tuple[FormattedError, ...] = (),
    ) -> None:
        """`denied` are in every response; their paths have no list positions."""
        self._paths = ClientPaths(response, root_type)
        self._pass_messages = pass_messages
        self._denied = denied

    def report(self, execution: Execution, violations: list[Violation]) -> list[FormattedError]:
        """Return the errors in the response format: at most `MOST_ERRORS`, and one that counts the others.

        A null in a non-null position is no error of its own where a failure or a denial explains it.
        """
        report = _Report(execution, self._paths, self._denied, pass_messages=self._pass_messages)
        for failure in execution.failures:
            report.add(failure)
        report.add_violations(violations)
        return report.bounded()


class _Report:
    """The errors of one response in the making."""

    def __init__(
        self,
        execution: Execution,
        paths: ClientPaths,
        denied: tuple[FormattedError, ...],
        *,
        pass_messages: bool,
    ) -> None:
        self._execution = execution
        self._paths = paths
        self._denied = denied
        self._pass_messages = pass_messages
        self._errors: list[FormattedError] = list(denied)
        self._explained: list[ResponsePath] = []
        """Response paths whose nulls the errors so far explain."""
        self._left_out = 0

    def add(self, failure: Failure) -> None:
        """Add the errors of one fetch."""
        location = failure.fetch.location(self._execution.data, failure.objects)
        if failure.unavailable is not None:
            self._add_unavailable(failure, location)
        for position, raw in enumerate(failure.reported):
            if len(self._errors) >= MOST_ERRORS:
                self._left_out += len(failure.reported) - position
                self._explained += self._fetched_paths(location)
                break
            self._add_reported(failure, raw, location)

    def add_violations(self, violations: list[Violation]) -> None:
        """Add the values that break the schema, where no error explains them."""
        explained = Explained(self._explained, self._denied)
        self._errors += [
            {"message": each.message, "path": list(each.path), "extensions": {"code": VIOLATION_CODE}}
            for each in violations
            if not (each.is_null and explained(each.path))
        ]

    def bounded(self) -> list[FormattedError]:
        """The errors, within the bound."""
        left_out = self._left_out + max(len(self._errors) - MOST_ERRORS, 0)
        if not left_out:
            return self._errors
        last: FormattedError = {
            "message": f"{left_out} more errors are left out",
            "extensions": {"code": LEFT_OUT_CODE},
        }
        return [*self._errors[:MOST_ERRORS], last]

    def _add_unavailable(self, failure: Failure, location: FetchLocation) -> None:
        """Add what a subgraph that did not answer leaves null."""
        unavailable = failure.unavailable
        assert unavailable is not None
        subgraph = failure.fetch.subgraph
        logger.warning(
            "subgraph %s failed: %s",
            subgraph,
            unavailable,
            extra={"subgraph": subgraph, "code": unavailable.code, **self._log_fields()},
        )
        extensions = {"code": unavailable.code, "serviceName": subgraph}
        paths = self._fetched_paths(location)
        self._explained += paths
        self._errors += [_error(unavailable.public_message, path, extensions) for path in _summary(paths)]

    def _add_reported(self, failure: Failure, raw: Any, location: FetchLocation) -> None:
        """Add one error of a subgraph, once for each place in the response that it is about.

        Equal representations are sent once: an error at `_entities, 0, name` may be about many objects.
        """
        error = raw if isinstance(raw, Mapping) else {}
        extensions = self._extensions_of(error, failure.fetch.subgraph)
        message = error.get("message")
        if not self._pass_messages or not isinstance(message, str):
            # Its message is not logged either: it may repeat what a client sent.
            logger.debug("subgraph %s reported an error", failure.fetch.subgraph, extra=self._log_fields())
            message = MASKED_MESSAGE
        path = error.get("path")
        sources = location.of(path) if isinstance(path, list) and path else []
        if sources:
            wanted = [each for each in sources if not self._paths.is_of_another_type(each, self._execution)]
            paths = list(dict.fromkeys(self._paths.of(each, self._execution) for each in wanted))
            self._explained += paths
            self._errors += [_error(message, path, extensions) for path in paths]
            return
        paths = self._fetched_paths(location)
        self._explained += paths
        self._errors.append(_error(message, _common_prefix(paths), extensions))

    def _extensions_of(self, error: Mapping[str, Any], subgraph: str) -> dict[str, Any]:
        extensions: dict[str, Any] = {"code": REPORTED_CODE}
        reported = error.get("extensions")
        if self._pass_messages and isinstance(reported, Mapping) and not nests_deeper(reported, MOST_LEVELS):
            extensions |= {key: value for key, value in reported.items() if key not in _SECRETS}
        extensions["serviceName"] = subgraph
        return extensions

    def _fetched_paths(self, location: FetchLocation) -> list[ResponsePath]:
        """The response paths of what a fetch was to fill; the root only if no other path is known."""
        found = dict.fromkeys(self._paths.of(source, self._execution) for source in location.all_paths())
        return [path for path in found if path] or list(found)

    def _log_fields(self) -> dict[str, str]:
        return log_fields(self._execution.context)


def _error(message: str, path: ResponsePath | None, extensions: Mapping[str, Any]) -> FormattedError:
    if path:
        return {"message": message, "path": list(path), "extensions": dict(extensions)}
    return {"message": message, "extensions": dict(extensions)}


def _summary(paths: list[ResponsePath]) -> list[ResponsePath | None]:
    """The paths of the errors that stand for a failed fetch.

    Several fields of one object are one error each: `me, name` and `me, mail`. Fields of several objects are
    one error at their common prefix: `films, 0, stars` and `films, 1, stars` become `films`.
    """
    one_object = len({path[:-1] for path in paths}) == 1
    if one_object and not any(path and isinstance(path[-1], int) for path in paths):
        return list(paths)
    return [_common_prefix(paths)]


def _common_prefix(paths: list[ResponsePath]) -> ResponsePath | None:
    """The longest path that all begin with; None if that is the root."""
    if not paths:
        return None
    common = paths[0]
    for path in paths[1:]:
        length = 0
        for ours, theirs in zip(common, path, strict=False):
            if ours != theirs:
                break
            length += 1
        common = common[:length]
    return common or None


class Explained:
    """Decides if an error at, above or below a path explains a null there; linear in the length of the
    path."""

    def __init__(self, paths: list[ResponsePath], denied: tuple[FormattedError, ...]) -> None:
        self._paths = set(paths)
        self._above = {path[:length] for path in self._paths for length in range(len(path))}
        self._denied = [tuple(error.get("path", ())) for error in denied]
        """Without list positions."""

    def __call__(self, path: ResponsePath) -> bool:
        """True if some error explains a null at `path`."""
        if path in self._above or any(path[:length] in self._paths for length in range(len(path) + 1)):
            return True
        keys = tuple(element for element in path if isinstance(element, str))
        return any(keys[: len(denied)] == denied[: len(keys)] for denied in self._denied)
