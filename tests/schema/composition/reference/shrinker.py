"""Makes a set of subgraphs smaller while something remains true of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy

from tests.schema.composition.reference.model import SubgraphText


def shrink(texts: list[SubgraphText], still: Callable[[list[SubgraphText]], bool]) -> list[SubgraphText]:
    """The smallest set found by leaving out one part after another."""
    changed = True
    while changed:
        changed = False
        for smaller in _smaller(texts):
            if still(smaller):
                texts, changed = smaller, True
                break
    return texts


def _smaller(texts: list[SubgraphText]) -> Iterator[list[SubgraphText]]:
    for index in range(len(texts)):
        yield texts[:index] + texts[index + 1 :]
    for index, text in enumerate(texts):
        for place in range(len(text.types)):
            yield _without(texts, lambda copy, i=index, p=place: copy[i].types.pop(p))  # type: ignore[misc]
    for index, text in enumerate(texts):
        for place, each in enumerate(text.types):
            for name in ("fields", "directives", "interfaces", "names"):
                for part in range(len(getattr(each, name))):
                    yield _without(
                        texts,
                        lambda copy, i=index, p=place, n=name, k=part: getattr(copy[i].types[p], n).pop(k),  # type: ignore[misc]
                    )
            for position, field in enumerate(each.fields):
                for name in ("arguments", "directives"):
                    for part in range(len(getattr(field, name))):
                        yield _without(
                            texts,
                            lambda copy, i=index, p=place, f=position, n=name, k=part: getattr(  # type: ignore[misc]
                                copy[i].types[p].fields[f], n
                            ).pop(k),
                        )


def _without(texts: list[SubgraphText], remove: Callable[[list[SubgraphText]], object]) -> list[SubgraphText]:
    copy = deepcopy(texts)
    remove(copy)
    return copy
