"""The order of root fields that run one after another; owns the case of a field that is written twice, the
first time under a condition: variables then decide when it runs, though never how often.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from marquee_router.planning.conditions import ALWAYS, both, negation, variables_of, widened
from marquee_router.planning.fetch_groups.fetch_group import FetchGroup
from marquee_router.planning.fetch_groups.selection_text import join, under
from marquee_router.planning.operation import NormalizedField
from marquee_router.planning.plan import Conditions, OperationKind


def in_order(fields: Iterable[NormalizedField]) -> Iterator[NormalizedField]:
    """The fields, each at every place where it may have to run, under conditions of which one can hold."""
    listed = list(fields)
    by_key = {item.response_key: item for item in listed}
    remaining: dict[str, Conditions | None] = {}
    for item in listed:
        for key, conditions in item.reserves:
            here, later = _part(remaining.get(key, ALWAYS), conditions)
            remaining[key] = later
            if key in by_key and here is not None:
                yield replace(by_key[key], conditions=here, reserves=())
        before = remaining.get(item.response_key, ALWAYS)
        own = both(before, item.conditions) if before is not None else None
        if before == ALWAYS:
            yield item
        elif own is not None:
            yield replace(item, conditions=own, reserves=())


def join_neighbours(steps: Iterable[list[FetchGroup]]) -> list[list[FetchGroup]]:
    """Steps of which each runs after the one before; two that ask only one subgraph become one request.

    Safe: root fields of one operation run in order, and of two with one key whose conditions cannot both hold
    only one runs, in its own place.
    """
    found: list[list[FetchGroup]] = []
    for step in steps:
        before = found[-1] if found else []
        if len(before) == 1 and step and _may_go_together(before[0], step[0]):
            _put_before(before[0], step[0])
            found[-1] = step
        else:
            found.append(step)
    return found


def _may_go_together(first: FetchGroup, second: FetchGroup) -> bool:
    return (
        first.subgraph == second.subgraph
        and first.kind is second.kind is OperationKind.MUTATION
        and first.delay == second.delay
    )


def _put_before(first: FetchGroup, second: FetchGroup) -> None:
    conditions = widened(first.conditions, second.conditions) or ALWAYS
    texts = [each.selection if each.conditions == conditions else _alone(each) for each in (first, second)]
    second.selection = join(texts)
    second.variables |= first.variables
    second.conditions = conditions


def _alone(fetch: FetchGroup) -> str:
    """The selection with the conditions of its fetch written into it."""
    fetch.variables |= variables_of(fetch.conditions)
    return under(fetch.conditions, fetch.selection)


def _part(
    remaining: Conditions | None, conditions: Conditions
) -> tuple[Conditions | None, Conditions | None]:
    """Of what remains: where `conditions` hold, and where they do not."""
    if remaining is None:
        return None, None
    opposite = negation(conditions)
    return both(remaining, conditions), both(remaining, opposite) if opposite is not None else None
