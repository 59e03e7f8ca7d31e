"""Conditions of `@skip` and `@include`, compiled to one call per request. Knows variables, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from marquee_router.planning.plan import Conditions

Holds: TypeAlias = Callable[[Mapping[str, Any]], bool]


def hold(conditions: Conditions, variables: Mapping[str, Any]) -> bool:
    """Whether one of the alternatives holds; no alternatives at all is "always"."""
    if not conditions:
        return True
    return any(
        all((variables.get(term.variable) is True) is term.expected for term in alternative)
        for alternative in conditions
    )


def compile_conditions(conditions: Conditions) -> Holds | None:
    """A predicate over the coerced variables; None when it would always be true."""
    if not conditions or any(not alternative for alternative in conditions):
        return None
    if len(conditions) == 1 and len(conditions[0]) == 1:
        variable, expected = conditions[0][0].variable, conditions[0][0].expected
        return lambda variables: (variables.get(variable) is True) is expected
    return lambda variables: hold(conditions, variables)
