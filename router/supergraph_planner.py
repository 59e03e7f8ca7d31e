"""Joins the pure planner to the engine: one planner per supergraph, its errors told as the router's.

Owns the translation of errors only. Which labels of progressive overrides are on is decided once per
operation.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

from graphql import DocumentNode

from router.errors import LimitExceeded, OperationUnplannable, RequestError
from router.planning.errors import PlanningError, TooComplexError
from router.planning.normalise import normalise
from router.planning.operation import NormalizedOperation
from router.planning.override import enabled_labels
from router.planning.plan import QueryPlan
from router.planning.planner import Planner
from schema.supergraph import Supergraph


class SupergraphPlanner:
    """Implements `OperationPlanner`."""

    def __init__(self, supergraph: Supergraph, overrides: Mapping[str, bool]) -> None:
        """`overrides` decides labels of progressive overrides; a `percent(N)` label is drawn otherwise."""
        self._supergraph = supergraph
        self._decide = overrides.get
        self._planner = Planner(supergraph)

    def normalise(self, document: DocumentNode, operation_name: str | None) -> NormalizedOperation:
        """The normalised operation; raises `LimitExceeded` for one that is too large."""
        try:
            return normalise(document, operation_name, self._supergraph)
        except PlanningError as error:
            raise _told(error) from None

    def plan(self, operation: NormalizedOperation) -> QueryPlan:
        """The plan; raises `OperationUnplannable` when there is none."""
        try:
            labels = enabled_labels(self._supergraph.override_labels, _draw, self._decide)
            return self._planner.plan_operation(operation, override_labels=labels)
        except PlanningError as error:
            raise _told(error) from None


def _draw() -> float:
    return random.uniform(0, 100)  # noqa: S311 - a share of traffic, not a secret


def _told(error: PlanningError) -> RequestError:
    if isinstance(error, TooComplexError):
        return LimitExceeded(error.message, extensions={"limit": "planning"})
    return OperationUnplannable(error.message)
