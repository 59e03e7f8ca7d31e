"""Shapes the answer from collected data: a generated function when all is well, the specification's
algorithm when not.

`Projector` first runs the generated function, which checks every value and gives up at the first that is not
right; only then `complete` runs, which knows paths, null propagation and errors. Both read the same
`ResponseSelection`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import GraphQLSchema

from marquee_router.execution.conditions import hold
from marquee_router.execution.projection.completion import Completion, Violation
from marquee_router.execution.projection.generated import GAVE_UP, compile_selection
from marquee_router.execution.projection.shallow import ShallowCompletion
from marquee_router.planning.plan import ResponseSelection

__all__ = ["Projector", "Violation"]


class Projector:
    """Turns the collected data of one plan into the `data` of the answer."""

    __slots__ = ("_generated", "_response", "_root_type", "_schema")

    def __init__(self, response: ResponseSelection, root_type: str, schema: GraphQLSchema) -> None:
        self._response = response
        self._root_type = root_type
        self._schema = schema
        self._generated = compile_selection(response, root_type, schema)

    def project(
        self, data: Mapping[str, Any], variables: Mapping[str, Any]
    ) -> tuple[dict[str, Any] | None, list[Violation]]:
        """The answer's `data` and what was wrong with the values (nothing, nearly always)."""
        generated = self._generated
        conditions = generated.conditions
        holding = tuple([hold(each, variables) for each in conditions]) if conditions else ()
        try:
            return generated.root(data, holding), []
        except GAVE_UP:
            completion = Completion(self._schema, variables, generated, holding)
            return completion.root(self._response, self._root_type, data), completion.violations

    def complete(
        self, data: Mapping[str, Any], variables: Mapping[str, Any]
    ) -> tuple[dict[str, Any] | None, list[Violation]]:
        """The same by the specification's algorithm alone, step by step."""
        completion = Completion(self._schema, variables)
        return completion.root(self._response, self._root_type, data), completion.violations

    def shallow(
        self, data: Mapping[str, Any], variables: Mapping[str, Any]
    ) -> tuple[dict[str, Any] | None, list[Violation]]:
        """The same without the values that nest too deeply to be written."""
        completion = ShallowCompletion(self._schema, variables)
        return completion.root(self._response, self._root_type, data), completion.violations
