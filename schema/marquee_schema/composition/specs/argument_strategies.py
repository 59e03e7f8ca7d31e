"""The ways in which different arguments of one directive are combined."""

import json
from collections.abc import Sequence

from marquee_schema.composition.values import MISSING, Default, Value, same_value


def _given(values: Sequence[Value]) -> list[Value]:
    return [value for value in values if value is not None]


def maximum(values: Sequence[Value]) -> Default:
    """The largest number."""
    numbers = [value for value in values if isinstance(value, int | float)]
    return max(numbers) if numbers else MISSING


def union(values: Sequence[Value]) -> Default:
    """Every item of every list once, in order of appearance; `MISSING` when no list is given."""
    given = _given(values)
    if not given:
        return MISSING
    merged: list[Value] = []
    for value in given:
        for item in value if isinstance(value, list) else [value]:
            if not any(same_value(item, known) for known in merged):
                merged.append(item)
    return merged


def conjunction(values: Sequence[Value]) -> Default:
    """True if every given condition is true; `MISSING` when none is given."""
    given = _given(values)
    return all(given) if given else MISSING


def dnf_conjunction(values: Sequence[Value]) -> Default:
    """The alternatives that satisfy every given list of alternatives, without those that demand more than
    another.

    `[["a"], ["b"]]` (a or b) and `[["c"]]` become `[["a", "c"], ["b", "c"]]`.
    """
    factors: dict[str, list[list[str]]] = {}
    for value in values:
        factor = _normal_form(value)
        factors.setdefault(json.dumps(factor), factor)
    alternatives, *rest = factors.values()
    for factor in rest:
        combined = {tuple(sorted({*one, *other})): None for one in alternatives for other in factor}
        alternatives = _without_subsumed([list(alternative) for alternative in combined])
    return [list(alternative) for alternative in alternatives]


def _normal_form(value: Value) -> list[list[str]]:
    """The alternatives and their members, sorted; an empty list demands nothing."""
    outer = value if isinstance(value, list) else [value]
    inner = [sorted(map(str, item)) if isinstance(item, list) else [str(item)] for item in outer]
    return sorted(inner, key=json.dumps) if inner else [[]]


def _without_subsumed(alternatives: list[list[str]]) -> list[list[str]]:
    """The alternatives without those that contain a shorter one: of `["a"]` and `["a", "b"]`, the first
    remains."""
    kept: list[list[str]] = []
    for candidate in sorted(alternatives, key=len):
        if not any(set(shorter) <= set(candidate) for shorter in kept):
            kept.append(candidate)
    return kept
