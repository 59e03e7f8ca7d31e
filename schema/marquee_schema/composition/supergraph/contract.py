"""Contracts: the part of a supergraph that certain clients see, chosen by `@tag`.

Whatever is left out becomes `@inaccessible`. The rules about `@inaccessible` check that the rest is a valid
schema.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from marquee_schema.composition.model import (
    AppliedDirective,
    CompositeType,
    Element,
    EnumType,
    Field,
    InputType,
    InterfaceType,
    NamedType,
    ObjectType,
    Schema,
    UnionType,
)
from marquee_schema.composition.traversal import type_sites
from marquee_schema.composition.type_reference import base_name


@dataclass(frozen=True, slots=True)
class Contract:
    """The tags that decide what certain clients see.

    With `include`, a union, or a field of an object or interface, is visible only if it or its type has one
    of these tags. An element with a tag of `exclude` is hidden, whatever else it has. With
    `hide_unreachable`, types that no operation can reach any more are hidden too.
    """

    include: frozenset[str] = frozenset()
    exclude: frozenset[str] = frozenset()
    hide_unreachable: bool = False


def apply_contract(
    schema: Schema,
    contract: Contract,
    *,
    tag: str | None,
    inaccessible: str,
    is_own: Callable[[NamedType], bool],
) -> None:
    """Marks in `schema`, in place, what the contract leaves out.

    `tag` and `inaccessible` are the names of these directives in the supergraph. `is_own` is true for the
    types of the graph, and false for those of linked features.
    """
    view = _ContractView(schema, contract, tag, inaccessible)
    own = [candidate for candidate in schema.types.values() if is_own(candidate)]
    for candidate in own:
        view.apply_tags(candidate)
    for candidate in own:
        view.hide_when_empty(candidate)
    if contract.hide_unreachable:
        reachable = view.reachable()
        for candidate in own:
            if candidate.name not in reachable:
                view.hide(candidate)


class _ContractView:
    """Marks elements of one schema."""

    def __init__(self, schema: Schema, contract: Contract, tag: str | None, inaccessible: str) -> None:
        self._schema = schema
        self._contract = contract
        self._tag = tag
        self._inaccessible = inaccessible

    def apply_tags(self, candidate: NamedType) -> None:
        """Hides the type, or parts of it, by their tags."""
        own = self._tags(candidate)
        if own & self._contract.exclude or (isinstance(candidate, UnionType) and not self._includes(own)):
            self.hide(candidate)
        for element, _ in type_sites(candidate):
            if element is candidate:
                continue
            tags = self._tags(element)
            is_left_out = isinstance(element, Field) and not self._includes(tags | own)
            if tags & self._contract.exclude or is_left_out:
                self.hide(element)

    def hide_when_empty(self, candidate: NamedType) -> None:
        """Hides a type that has no visible field, member or value."""
        children: list[Element]
        match candidate:
            case CompositeType():
                children = list(candidate.fields.values())
            case InputType():
                children = list(candidate.fields.values())
            case EnumType():
                children = list(candidate.values.values())
            case UnionType():
                children = [self._schema.types[name] for name in candidate.members]
            case _:
                return
        if children and all(map(self._is_hidden, children)):
            self.hide(candidate)

    def hide(self, element: Element) -> None:
        """Marks an element, once."""
        if not self._is_hidden(element):
            element.directives.append(AppliedDirective(self._inaccessible, {}))

    def reachable(self) -> set[str]:
        """The types that an operation can still reach."""
        found: set[str] = set()
        waiting = list(self._schema.roots.values())
        for definition in self._schema.directives.values():
            waiting += [base_name(argument.type) for argument in definition.arguments.values()]
        while waiting:
            name = waiting.pop()
            candidate = self._schema.types.get(name)
            if name in found or candidate is None or self._is_hidden(candidate):
                continue
            found.add(name)
            waiting += self._neighbours(candidate)
        return found

    def _neighbours(self, candidate: NamedType) -> Iterator[str]:
        if isinstance(candidate, ObjectType | InterfaceType):
            yield from candidate.interfaces
            for field in candidate.fields.values():
                if not self._is_hidden(field):
                    yield base_name(field.type)
                    visible = (each for each in field.arguments.values() if not self._is_hidden(each))
                    yield from (base_name(argument.type) for argument in visible)
        # An operation that reaches an interface reaches its types by `... on Book`, and its types reach it
        # back.
        if isinstance(candidate, InterfaceType):
            yield from (each.name for each in self._schema.implementations(candidate.name))
        elif isinstance(candidate, UnionType):
            yield from candidate.members
        elif isinstance(candidate, InputType):
            for each in candidate.fields.values():
                if not self._is_hidden(each):
                    yield base_name(each.type)

    def _tags(self, element: Element) -> set[str]:
        if self._tag is None or not element.directives:
            return set()
        return {str(applied.arguments.get("name")) for applied in element.named(self._tag)}

    def _includes(self, tags: set[str]) -> bool:
        return not self._contract.include or bool(tags & self._contract.include)

    def _is_hidden(self, element: Element) -> bool:
        return bool(element.directives) and element.has(self._inaccessible)
