"""Contexts on a path: which fields need one, and where the nearest type that sets it was passed."""

from dataclasses import dataclass

from marquee_schema.composition.model import CompositeType, Field, Schema, UnionType
from marquee_schema.composition.subgraph.context_argument import parse_context_argument
from marquee_schema.composition.subgraph.schema import SubgraphSchema
from marquee_schema.field_set import FieldSet, FieldSetError, parse_field_set


@dataclass(frozen=True, slots=True)
class RequiredContext:
    """What an argument needs: a selection on the nearest of the types that set its context."""

    argument: str
    setters: frozenset[str]
    selections: FieldSet


def required_contexts(subgraph: SubgraphSchema, field: Field) -> tuple[RequiredContext, ...]:
    """The contexts that a field's arguments are filled from."""
    found: list[RequiredContext] = []
    for argument in field.arguments.values():
        applied = argument.applied("fromContext") if argument.directives else None
        if applied is None:
            continue
        name, selection = parse_context_argument(applied.arguments.get("field"))
        setters = frozenset(
            candidate.name
            for candidate in subgraph.types.values()
            if any(setter.arguments.get("name") == name for setter in candidate.all_applied("context"))
        )
        try:
            selections = parse_field_set(selection or "")
        except FieldSetError:
            selections = ()
        found.append(RequiredContext(argument.coordinate, setters, selections))
    return tuple(found)


def is_setter(supergraph: Schema, type_name: str, setters: frozenset[str]) -> bool:
    """Whether a type is one of the setters, implements one, or is a member of one."""
    if type_name in setters:
        return True
    candidate = supergraph.types.get(type_name)
    if isinstance(candidate, CompositeType) and setters & candidate.interfaces.keys():
        return True
    unions = (supergraph.types.get(name) for name in setters)
    return any(isinstance(union, UnionType) and type_name in union.members for union in unions)
