"""Makes the `data` of a response from collected data: selects the client's fields and checks every value.

`Projector` first runs a generated function, which gives up at the first value that breaks the schema. Only
then
`completion` runs, the specification's algorithm, which knows paths, null propagation and errors. Both read
the same `ResponseSelection`, and the tests compare them.
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
    """Turns the collected data of one plan into the `data` of the response."""

    __slots__ = ("_generated", "_response", "_root_type", "_schema")

    def __init__(self, response: ResponseSelection, root_type: str, schema: GraphQLSchema) -> None:
        self._response = response
        self._root_type = root_type
        self._schema = schema
        self._generated = compile_selection(response, root_type, schema)

    def project(
        self, data: Mapping[str, Any], variables: Mapping[str, Any]
    ) -> tuple[dict[str, Any] | None, list[Violation]]:
        """The `data` of the response, and the values that break the schema (nearly always none)."""
        generated = self._generated
        conditions = generated.conditions
        # `@skip` and `@include` are evaluated once per response, not once per object.
        holding = tuple([hold(each, variables) for each in conditions]) if conditions else ()
        try:
            return generated.root(data, holding), []
        except GAVE_UP:
            completion = Completion(self._schema, variables, generated, holding)
            return completion.root(self._response, self._root_type, data), completion.violations

    def complete(
        self, data: Mapping[str, Any], variables: Mapping[str, Any]
    ) -> tuple[dict[str, Any] | None, list[Violation]]:
        """The same by the specification's algorithm alone."""
        completion = Completion(self._schema, variables)
        return completion.root(self._response, self._root_type, data), completion.violations

    def shallow(
        self, data: Mapping[str, Any], variables: Mapping[str, Any]
    ) -> tuple[dict[str, Any] | None, list[Violation]]:
        """The same without the custom scalars that nest too deeply to be encoded."""
        completion = ShallowCompletion(self._schema, variables)
        return completion.root(self._response, self._root_type, data), completion.violations
