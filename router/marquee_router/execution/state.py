"""What one run of a plan carries along: collected data, variables, what failed. Lives as long as one
answer."""

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
"""Per subgraph and request: the headers to send, names in lower case (header rules plug in here)."""


class Fetched(Protocol):
    """A fetch of the plan, as far as the report of its errors needs it."""

    @property
    def subgraph(self) -> str:
        """The subgraph's name."""
        ...

    def location(self, data: dict[str, Any], objects: list[Any]) -> FetchLocation:
        """Where in the data the fetch was at work; `objects` as in `Failure`."""
        ...


class FetchLocation(Protocol):
    """Where a fetch was at work, found once for all of its errors."""

    def all_paths(self) -> list[SourcePath]:
        """Source paths of the fields or objects that the fetch was to fill."""
        ...

    def of(self, path: list[Any]) -> list[SourcePath]:
        """Where an error's own path leads in the collected data; empty when it leads nowhere."""
        ...


@dataclass(frozen=True, slots=True)
class Failure:
    """One fetch that failed wholly, or what a subgraph reported beside its data."""

    fetch: Fetched
    objects: list[Any]
    """What the fetch was to complete, per target: the groups of objects, in the order of their
    representations."""
    unavailable: SubgraphUnavailable | None = None
    reported: tuple[Any, ...] = ()
    """The raw `errors` of the subgraph."""


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
        """The JSON of one of the client's variables, encoded once per request; None when it has no value.

        Raises `VariablesInvalid` for one that nests too deeply to be written."""
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
        """Seconds that a call may take; raises `SubgraphTimeout` when the request's deadline has passed."""
        deadline = self.context.deadline
        if deadline is None:
            return self.timeout_seconds
        left = deadline - asyncio.get_running_loop().time()
        if left <= 0:
            raise SubgraphTimeout("the request's deadline has passed", retryable=False)
        return left if left < self.timeout_seconds else self.timeout_seconds
