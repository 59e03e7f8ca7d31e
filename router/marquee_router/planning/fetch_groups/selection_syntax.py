"""Pieces of selection text: conditions around a selection, selections side by side. Pure functions only."""

from __future__ import annotations

from collections.abc import Iterable

from marquee_router.planning.plan import Condition, Conditions


def with_conditions(text: str, conditions: Conditions) -> str:
    """A selection that is read only where the conditions hold; once for each alternative."""
    if not conditions:
        return text
    return join(in_fragments(text, conjunction) for conjunction in conditions)


def field_with_conditions(head: str, below: str, conditions: Conditions) -> str:
    """A field that is read only where the conditions, of at most one alternative, hold.

    `@skip` and `@include` may stand once each: further ones need a fragment around the field.
    """
    if not conditions:
        return head + below
    (conjunction,) = conditions
    if len({condition.expected for condition in conjunction}) == len(conjunction):
        return f"{head} {join(map(_directive, conjunction))}{below}"
    return in_fragments(head + below, conjunction)


def in_fragments(text: str, conjunction: tuple[Condition, ...]) -> str:
    """A selection in one inline fragment for each condition."""
    for condition in reversed(conjunction):
        text = f"...{_directive(condition)}{{{text}}}"
    return text


def _directive(condition: Condition) -> str:
    return f"@{'include' if condition.expected else 'skip'}(if:${condition.variable})"


def join(parts: Iterable[str]) -> str:
    """Parts of a selection side by side, with a space only between two names."""
    text = ""
    for part in parts:
        if (
            text
            and part
            and (text[-1].isalnum() or text[-1] == "_")
            and (part[0].isalnum() or part[0] == "_")
        ):
            text += " "
        text += part
    return text
