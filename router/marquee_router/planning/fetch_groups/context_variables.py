"""The variables of a fetch that contexts fill (`@fromContext`): their names, and what their values are.

Objects with different values need different variables. The executor finds them in the text of a selection by
their names, which therefore occur nowhere else in the operation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from marquee_router.planning.candidates.candidate import CandidateFetch
from marquee_router.planning.candidates.context_value import ContextKey, ContextValue
from marquee_router.planning.fetch_groups.representation import value_selections
from marquee_router.planning.operation import NormalizedField, NormalizedOperation, NormalizedSelection
from marquee_router.planning.plan import ContextSource, ContextualVariable
from marquee_schema.supergraph import Supergraph

ContextNames = Mapping[ContextKey, str]
"""Names of variables by the arguments that they fill."""

# Strings and block strings, in which a `$` begins no variable.
_STRING = re.compile(r'"""(?:[^"\\]|\\.|"(?!""))*"""|"(?:[^"\\]|\\.)*"', re.DOTALL)
_VARIABLE = re.compile(r"\$(\w+)")


def free_prefix(operation: NormalizedOperation) -> str:
    """A prefix for the names of these variables that occurs in no text of the client's operation."""
    texts = {*operation.variables, *_texts(operation.selection)}
    prefix = "context"
    while any(prefix in text for text in texts):
        prefix += "_"
    return prefix


def _texts(selection: NormalizedSelection) -> Iterator[str]:
    """All text that subgraph operations take over as the client wrote it, except names of fields."""
    seen: set[int] = set()
    pending = [selection]
    while pending:
        for fields in pending.pop().by_type.values():
            for field in fields:
                if id(field) not in seen:
                    seen.add(id(field))
                    yield from _own_texts(field)
                    if field.selection is not None:
                        pending.append(field.selection)


def _own_texts(field: NormalizedField) -> Iterator[str]:
    yield field.directives
    for argument in field.arguments:
        yield argument.value


def context_names(fetch: CandidateFetch, prefix: str) -> ContextNames:
    """A name for each value that the fetch takes from a context."""
    return {value.key: f"{prefix}_{number}" for number, value in enumerate(fetch.contexts)}


def contextual_variables(
    fetch: CandidateFetch, names: ContextNames, supergraph: Supergraph
) -> tuple[ContextualVariable, ...]:
    """The variables as the plan describes them."""
    return tuple(
        ContextualVariable(names[value.key], value.argument.type, _sources(value, supergraph))
        for value in fetch.contexts
    )


def _sources(value: ContextValue, supergraph: Supergraph) -> tuple[ContextSource, ...]:
    return tuple(
        ContextSource(
            depth=len(setter.path),
            possible=None if setter.covers_path else setter.types,
            selections=value_selections(setter.selection, setter.types, supergraph),
        )
        for setter in value.setters
    )


def variables_in(text: str) -> frozenset[str]:
    """The names of the variables that a selection uses."""
    return frozenset(_VARIABLE.findall(_STRING.sub("", text)))


def rename(text: str, names: Mapping[str, str]) -> str:
    """A selection in which the variables have other names: those that `names` maps them to."""
    if not names:
        return text
    pattern = "|".join(map(re.escape, names))
    return re.sub(rf"\$({pattern})(?!\w)", lambda found: f"${names[found[1]]}", text)
