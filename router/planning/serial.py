"""The order of root fields that run one after another; owns the case of a field that is written twice, the
first time under a condition: variables then decide when it runs, though never how often.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from router.planning.conditions import ALWAYS, both, negation
from router.planning.operation import NormalizedField
from router.planning.plan import Conditions


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


def _part(
    remaining: Conditions | None, conditions: Conditions
) -> tuple[Conditions | None, Conditions | None]:
    """Of what remains: where `conditions` hold, and where they do not."""
    if remaining is None:
        return None, None
    opposite = negation(conditions)
    return both(remaining, conditions), both(remaining, opposite) if opposite is not None else None
