"""Records of the arguments that contexts fill (`@context`, `@fromContext`). Owns records only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from marquee_router.planning.operation import NormalizedSelection
from marquee_router.planning.plan import Path
from marquee_schema.supergraph import ContextArgument

ContextKey: TypeAlias = tuple[str, str, str]
"""Equal for arguments that the same variable can fill."""


@dataclass(frozen=True, slots=True, eq=False)
class ContextSetter:
    """Ancestors of an entity that set a context, and what is read of them."""

    path: Path
    types: frozenset[str]
    covers_path: bool
    """True if all objects at the path are of these types."""
    selection: NormalizedSelection


@dataclass(frozen=True, slots=True, eq=False)
class ContextValue:
    """What fills an argument from a context; the nearest ancestors that can set it come first."""

    argument: ContextArgument
    setters: tuple[ContextSetter, ...]

    @property
    def key(self) -> ContextKey:
        """The key of its argument."""
        return context_key(self.argument)


def context_key(argument: ContextArgument) -> ContextKey:
    """Context, selection and type: one variable fills all arguments that agree in these."""
    return (argument.context, argument.selection, argument.type)
