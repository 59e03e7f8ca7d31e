"""The algebra of `@skip` and `@include`: alternatives of conjunctions, kept small. Pure functions only.

The empty tuple holds always; None never holds. All functions that combine conditions raise `TooComplexError`
when the result has more than `MAX_ALTERNATIVES`, unless their docstrings name a fallback.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from marquee_router.planning.errors import TooComplexError
from marquee_router.planning.plan import Condition, Conditions

ALWAYS: Conditions = ()
MAX_ALTERNATIVES = 64

_Conjunction = frozenset[tuple[str, bool]]


class _TooMany(Enum):
    """The result of combining conditions that have more than `MAX_ALTERNATIVES` together."""

    ALTERNATIVES = "alternatives"


def single(variable: str, expected: bool) -> Conditions:
    """Holds when the variable has the value."""
    return ((Condition(variable, expected),),)


def both(left: Conditions, right: Conditions) -> Conditions | None:
    """Holds when both hold; None when they cannot."""
    if not left or left == right:
        return right
    if not right:
        return left
    return _checked(_both(_sets(left), _sets(right)))


def either(left: Conditions | None, right: Conditions | None) -> Conditions | None:
    """Holds when one of the two holds."""
    if left is None:
        return right
    if right is None or left == right:
        return left
    if not left or not right:
        return ALWAYS
    return _checked(_simplify({*_sets(left), *_sets(right)}))


def widened(left: Conditions | None, right: Conditions | None) -> Conditions | None:
    """Holds when one of the two holds; falls back to `ALWAYS` beyond `MAX_ALTERNATIVES`.

    For conditions that may be too wide: then a fetch runs, or a field is read, whose data is not shown.
    """
    if not left or not right or left == right:
        return either(left, right)
    found = _simplify({*_sets(left), *_sets(right)})
    return ALWAYS if isinstance(found, _TooMany) else found


def narrowed(conditions: Conditions, context: Conditions) -> Conditions:
    """Holds when both hold; falls back to `conditions` if both never hold, or beyond `MAX_ALTERNATIVES`."""
    if not context or not conditions or context == conditions:
        return context or conditions
    found = _both(_sets(context), _sets(conditions))
    return conditions if isinstance(found, _TooMany) else found or conditions


def negation(conditions: Conditions) -> Conditions | None:
    """Holds when `conditions` do not hold; None if that is never."""
    if not conditions:
        return None
    found: Conditions | None = ALWAYS
    for conjunction in _sets(conditions):
        # `not ($x and $y)` is `not $x or not $y`.
        denied = _simplify({frozenset(((variable, not expected),)) for variable, expected in conjunction})
        found = both(found, _checked(denied) or ALWAYS) if found is not None else None
    return found


def any_of(alternatives: Iterable[Conditions]) -> Conditions | None:
    """Holds when at least one of them holds; None if there is none."""
    found: Conditions | None = None
    for alternative in alternatives:
        found = either(found, alternative)
        if found == ALWAYS:
            return ALWAYS
    return found


def given(context: Conditions, conditions: Conditions) -> Conditions | None:
    """What remains of `conditions` where `context` holds for certain; None if they never hold there.

    `$x and $y` where `$x` holds is `$y`; `not $x` where `$x` holds is None.
    """
    if not conditions or context == conditions:
        return ALWAYS
    if len(context) != 1:
        return conditions
    known = _sets(context)[0]
    denied = {(variable, not expected) for variable, expected in known}
    found = {one - known for one in _sets(conditions) if not one & denied}
    if not found:
        return None
    return ALWAYS if frozenset() in found else _checked(_simplify(found))


def variables_of(conditions: Conditions) -> frozenset[str]:
    """Names of the variables in the conditions."""
    return frozenset(condition.variable for conjunction in conditions for condition in conjunction)


def _sets(conditions: Conditions) -> list[_Conjunction]:
    return [frozenset((c.variable, c.expected) for c in conjunction) for conjunction in conditions]


def _contradictory(conjunction: _Conjunction) -> bool:
    return any((variable, not expected) in conjunction for variable, expected in conjunction)


def _both(left: list[_Conjunction], right: list[_Conjunction]) -> Conditions | _TooMany | None:
    found: set[_Conjunction] = set()
    for one in left:
        for other in right:
            merged = one | other
            if not _contradictory(merged):
                found.add(merged)
                if len(found) > MAX_ALTERNATIVES:
                    return _TooMany.ALTERNATIVES
    return _simplify(found) if found else None


def _simplify(found: set[_Conjunction]) -> Conditions | _TooMany:
    """The same conditions with fewer alternatives: without those that others cover, opposites joined."""
    if len(found) > MAX_ALTERNATIVES:
        return _TooMany.ALTERNATIVES
    changed = True
    while changed:
        changed = False
        for one in sorted(found, key=lambda c: (len(c), sorted(c))):
            rest = found - {one}
            if any(other < one for other in rest):  # `$x or ($x and $y)` is `$x`
                found = rest
                changed = True
                break
            resolved = _resolve(one, rest)
            if resolved is not None:
                found = resolved
                changed = True
                break
    if frozenset() in found:
        return ALWAYS
    ordered = sorted(tuple(sorted(conjunction)) for conjunction in found)
    return tuple(tuple(Condition(*literal) for literal in conjunction) for conjunction in ordered)


def _resolve(one: _Conjunction, rest: set[_Conjunction]) -> set[_Conjunction] | None:
    """`one` joined with its opposite: `a and x` with `not a and x` is `x`; None if there is no opposite."""
    for literal in one:
        variable, expected = literal
        remaining = one - {literal}
        opposite = remaining | {(variable, not expected)}
        if opposite in rest:
            return (rest - {opposite}) | {remaining}
    return None


def _checked(found: Conditions | _TooMany | None) -> Conditions | None:
    if isinstance(found, _TooMany):
        raise TooComplexError("The conditions of @skip and @include combine in too many ways")
    return found
