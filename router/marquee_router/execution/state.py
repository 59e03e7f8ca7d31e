"""`Execution`: the state of one run of a plan: collected data, variables, failures. It lives for one
response."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from marquee_router.errors import SubgraphTimeout, SubgraphUnavailable, VariablesInvalid
from marquee_router.execution.path_collector import SourcePath
from marquee_router.execution.uploads import as_null
from marquee_router.request import RequestContext

HeaderSource = Callable[[str, RequestContext], Mapping[str, str]]
"""Returns further headers for a request to a subgraph, names in lower case."""


class Fetched(Protocol):
    """A fetch of the plan, as far as the error report needs it."""

    @property
    def subgraph(self) -> str:
        """The subgraph's name."""
        ...

    def location(self, data: dict[str, Any], objects: list[Any]) -> FetchLocation:
        """Where in the data the fetch merges; `objects` as in `Failure`."""
        ...


class FetchLocation(Protocol):
    """Where in the data a fetch merges; found once for all of its errors."""

    def all_paths(self) -> list[SourcePath]:
        """The source paths of the fields or objects that the fetch fills."""
        ...

    def of(self, path: list[Any]) -> list[SourcePath]:
        """The source paths that an error's own path stands for; empty if it leads nowhere.

        The path `_entities, 0, name` stands for `name` of each object with the first representation.
        """
        ...


@dataclass(frozen=True, slots=True)
class Failure:
    """A fetch without an answer, or the errors that a subgraph sent with its answer."""

    fetch: Fetched
    objects: list[Any]
    """The objects that the fetch fills: for each target the groups, in the order of their representations."""
    unavailable: SubgraphUnavailable | None = None
    reported: tuple[Any, ...] = ()
    """The `errors` of the subgraph as it sent them."""


class Execution:
    """The state of one run."""

    __slots__ = ("_encoded", "context", "data", "failures", "header_source", "timeout_seconds", "variables")

    def __init__(
        self,
        data: dict[str, Any],
        variables: dict[str, Any],
        context: RequestContext,
        timeout_seconds: float,
        header_source: HeaderSource | None = None,
    ) -> None:
        self.data = data
        self.variables = variables
        self.context = context
        self.timeout_seconds = timeout_seconds
        self.header_source = header_source
        self.failures: list[Failure] = []
        self._encoded: dict[str, bytes] = {}

    def encoded(self, name: str) -> bytes | None:
        """The JSON of a client's variable, encoded once per request; None if it has no value.

        Raises `VariablesInvalid` for a value that nests more levels than the encoder writes.
        """
        known = self._encoded.get(name)
        if known is None and name in self.variables:
            try:
                known = self._encoded[name] = orjson.dumps(
                    self.variables[name], as_null, orjson.OPT_PASSTHROUGH_DATACLASS
                )
            except TypeError:
                raise VariablesInvalid(f"Variable '${name}' is nested too deeply.") from None
        return known

    def headers_for(self, subgraph: str) -> Mapping[str, str]:
        """The headers of a call to `subgraph`."""
        if self.header_source is None:
            return self.context.subgraph_headers
        return {**self.context.subgraph_headers, **self.header_source(subgraph, self.context)}

    def time_left(self) -> float:
        """The seconds that a call may take; raises `SubgraphTimeout` if the request's deadline has passed."""
        deadline = self.context.deadline
        if deadline is None:
            return self.timeout_seconds
        left = deadline - asyncio.get_running_loop().time()
        if left <= 0:
            raise SubgraphTimeout("the request's deadline has passed", retryable=False)
        return left if left < self.timeout_seconds else self.timeout_seconds
