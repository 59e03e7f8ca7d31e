"""The directives of one element as plain values, for each of the linked specifications.

Reads tags, access, security and cost; `join` reads join data. Never looks beyond the element it is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from graphql import DirectiveNode, Node, value_from_ast_untyped

from marquee_schema.supergraph.features import Features
from marquee_schema.supergraph.model import Authorization, ListSize


class Annotated(Protocol):
    """A syntax node that carries directives."""

    @property
    def directives(self) -> tuple[DirectiveNode, ...] | None: ...


@dataclass(frozen=True, slots=True)
class Annotation:
    """One applied directive: its arguments as Python values."""

    arguments: Mapping[str, Any]
    node: Node | None
    """For error messages; None in the composer, which has no document."""


class AnnotationReader:
    """Finds the directives of linked specifications under whatever names the supergraph gives them."""

    def __init__(self, features: Features) -> None:
        self._features = features

    def all(self, element: Annotated, feature: str, name: str | None = None) -> Iterator[Annotation]:
        """Every application of a feature's directive; by default of the one that has the feature's name."""
        local = self._features.directive(feature, name or feature)
        if local is not None:
            for directive in element.directives or ():
                if directive.name.value == local:
                    values = {
                        a.name.value: value_from_ast_untyped(a.value) for a in directive.arguments or ()
                    }
                    yield Annotation(values, directive)

    def first(self, element: Annotated, feature: str, name: str | None = None) -> Annotation | None:
        """The first application; None if there is none."""
        return next(self.all(element, feature, name), None)

    def is_inaccessible(self, element: Annotated) -> bool:
        """True if the element is hidden from clients."""
        return self.first(element, "inaccessible") is not None

    def tags(self, element: Annotated) -> frozenset[str]:
        """Names given by `@tag`."""
        return frozenset(str(a.arguments.get("name")) for a in self.all(element, "tag"))

    def contexts(self, element: Annotated) -> frozenset[str]:
        """Names given by `@context`."""
        return frozenset(str(a.arguments.get("name")) for a in self.all(element, "context"))

    def authorization(self, element: Annotated) -> Authorization:
        """The requirements of `@authenticated`, `@requiresScopes` and `@policy`."""
        scopes = self.first(element, "requiresScopes")
        policies = self.first(element, "policy")
        return Authorization(
            authenticated=self.first(element, "authenticated") is not None,
            scopes=_alternatives(scopes.arguments.get("scopes")) if scopes else (),
            policies=_alternatives(policies.arguments.get("policies")) if policies else (),
        )

    def cost(self, element: Annotated) -> int | None:
        """The weight given by `@cost`."""
        found = self.first(element, "cost", "cost")
        weight = found.arguments.get("weight") if found else None
        return int(weight) if isinstance(weight, int | float | str) else None

    def list_size(self, element: Annotated) -> ListSize | None:
        """The data of `@listSize`."""
        found = self.first(element, "cost", "listSize")
        if found is None:
            return None
        arguments = found.arguments
        # `requireOneSlicingArgument` is true unless the directive says false.
        return ListSize(
            assumed_size=arguments.get("assumedSize"),
            slicing_arguments=tuple(arguments.get("slicingArguments") or ()),
            sized_fields=tuple(arguments.get("sizedFields") or ()),
            require_one_slicing_argument=arguments.get("requireOneSlicingArgument", True) is not False,
        )


def _alternatives(value: object) -> tuple[frozenset[str], ...]:
    if not isinstance(value, Iterable) or isinstance(value, str):
        return ()
    return tuple(frozenset(str(v) for v in group) for group in value if isinstance(group, list | tuple))
