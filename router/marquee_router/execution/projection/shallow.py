"""Value completion for a response that nests too deeply to be encoded: it refuses the values at fault."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLOutputType, GraphQLScalarType

from marquee_router.execution.nesting_depth import MOST_LEVELS, nests_deeper
from marquee_router.execution.projection.completion import (
    Completion,
    ResponsePath,
    Violation,
    _Place,
    _Refused,
)


class ShallowCompletion(Completion):
    """Refuses custom scalars with more than `MOST_LEVELS` levels of lists and objects."""

    def _value(self, expected: GraphQLOutputType, value: Any, path: ResponsePath, place: _Place) -> Any:
        if isinstance(expected, GraphQLScalarType) and nests_deeper(value, MOST_LEVELS):
            message = f"The value of field {place} is nested too deeply."
            raise _Refused(Violation(path, message, is_null=False))
        return super()._value(expected, value, path, place)
