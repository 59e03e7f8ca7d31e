"""The conditions of `@skip` and `@include`, compiled to one call per request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from marquee_router.planning.plan import Conditions

Holds: TypeAlias = Callable[[Mapping[str, Any]], bool]


def hold(conditions: Conditions, variables: Mapping[str, Any]) -> bool:
    """Return True if any alternative holds. No alternatives mean that there is no condition."""
    if not conditions:
        return True
    # The type is `Boolean!`, so a valid variable is True or False; deferrals are variables here too, and
    # one that
    # is not named is off.
    return any(
        all((variables.get(term.variable) is True) is term.expected for term in alternative)
        for alternative in conditions
    )


def compile_conditions(conditions: Conditions) -> Holds | None:
    """Return a predicate over the coerced variables; None if it is always true."""
    if not conditions or any(not alternative for alternative in conditions):
        return None
    if len(conditions) == 1 and len(conditions[0]) == 1:
        variable, expected = conditions[0][0].variable, conditions[0][0].expected
        return lambda variables: (variables.get(variable) is True) is expected
    return lambda variables: hold(conditions, variables)
