"""The `join` specification, by which a supergraph says which subgraph has what.

Builds its definitions, the enum of graphs, and each annotation. The subgraphs' features decide its version.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from marquee_schema.composition.model import (
    AppliedDirective,
    Argument,
    DirectiveDefinition,
    EnumType,
    EnumValue,
    InputField,
    InputType,
    ScalarType,
    Schema,
)
from marquee_schema.composition.specs.definition import SPECS, FeatureUrl, Version
from marquee_schema.composition.values import MISSING, Default, EnumLiteral, Value

JOIN_IDENTITY = f"{SPECS}/join"
GRAPH_ENUM = "join__Graph"
_VERSIONS = ((Version(0, 5), Version(2, 8)), (Version(0, 4), Version(2, 7)), (Version(0, 3), Version(2, 0)))
_TYPE_LOCATIONS = ("OBJECT", "INTERFACE", "UNION", "ENUM", "INPUT_OBJECT", "SCALAR")


def join_version(federation: Version) -> Version:
    """The version of the join specification that a version of federation needs."""
    return next(version for version, minimum in _VERSIONS if federation >= minimum)


def join_url(version: Version) -> FeatureUrl:
    """The feature URL of a version of the join specification."""
    return FeatureUrl(JOIN_IDENTITY, "join", version)


def graph_names(subgraphs: Iterable[str]) -> dict[str, str]:
    """The value of `join__Graph` for each subgraph: a valid upper-case name, numbered where two would be
    equal.

    `my-users` becomes `MY_USERS`, `1st` becomes `_1ST`, and `users_1` becomes `USERS_1_`, so that it cannot
    be the numbered name of another.
    """
    by_name: dict[str, list[str]] = {}
    for subgraph in subgraphs:
        by_name.setdefault(_enum_name(subgraph), []).append(subgraph)
    names: dict[str, str] = {}
    for name, same in by_name.items():
        for number, subgraph in enumerate(same, 1):
            names[subgraph] = name if len(same) == 1 else f"{name}_{number}"
    return names


def _enum_name(subgraph: str) -> str:
    name = re.sub(r"\W", "_", subgraph, flags=re.ASCII)
    if re.match(r"\d", name):
        name = f"_{name}"
    # Names that end in `_1` are left for the numbers that make equal names unique.
    if re.search(r"_\d+$", name):
        name = f"{name}_"
    return name.upper()


@dataclass(frozen=True, slots=True)
class Join:
    """Builds the annotations. `graphs` are the values of `join__Graph`; subgraphs are given by their
    index."""

    graphs: Sequence[str]

    def graph(self, index: int) -> EnumLiteral:
        """The enum value of a subgraph."""
        return EnumLiteral(self.graphs[index])

    def type(
        self, index: int, key: Value, *, extension: bool, resolvable: Value, interface_object: bool
    ) -> AppliedDirective:
        """`@join__type`; `resolvable` is included when the key says it."""
        return _applied(
            "join__type",
            graph=self.graph(index),
            key=key,
            extension=extension or None,
            resolvable=resolvable,
            isInterfaceObject=interface_object or None,
        )

    def implements(self, index: int, interface: str) -> AppliedDirective:
        """`@join__implements`."""
        return _applied("join__implements", graph=self.graph(index), interface=interface)

    def field(self, index: int | None, **arguments: Value) -> AppliedDirective:
        """`@join__field`; names no graph for a field that only interface objects resolve."""
        return _applied("join__field", graph=None if index is None else self.graph(index), **arguments)

    def union_member(self, index: int, member: str) -> AppliedDirective:
        """`@join__unionMember`."""
        return _applied("join__unionMember", graph=self.graph(index), member=member)

    def enum_value(self, index: int) -> AppliedDirective:
        """`@join__enumValue`."""
        return _applied("join__enumValue", graph=self.graph(index))

    def directive(
        self, indexes: Sequence[int], name: str, arguments: Mapping[str, Value]
    ) -> AppliedDirective:
        """`@join__directive`: a directive that the supergraph carries as data of its subgraphs."""
        return AppliedDirective(
            "join__directive",
            {"graphs": [self.graph(index) for index in indexes], "name": name, "args": dict(arguments)},
        )


def _applied(name: str, /, **arguments: Value) -> AppliedDirective:
    return AppliedDirective(name, {key: value for key, value in arguments.items() if value is not None})


def add_join_definitions(schema: Schema, version: Version) -> None:
    """Adds the directives and types of the join specification, with an empty graph enum."""
    directives = [
        _define("graph", ("ENUM_VALUE",), {"name": "String!", "url": "String!"}, repeatable=False),
        _define(
            "type",
            _TYPE_LOCATIONS,
            {
                "graph": "join__Graph!",
                "key": "join__FieldSet",
                "extension": ("Boolean!", False),
                "resolvable": ("Boolean!", True),
                "isInterfaceObject": ("Boolean!", False),
            },
        ),
        _define("field", ("FIELD_DEFINITION", "INPUT_FIELD_DEFINITION"), _field_arguments(version)),
        _define("implements", ("OBJECT", "INTERFACE"), {"graph": "join__Graph!", "interface": "String!"}),
        _define("unionMember", ("UNION",), {"graph": "join__Graph!", "member": "String!"}),
        _define("enumValue", ("ENUM_VALUE",), {"graph": "join__Graph!"}),
    ]
    schema.types[GRAPH_ENUM] = EnumType(name=GRAPH_ENUM)
    _add_scalar(schema, "join__FieldSet")
    if version >= Version(0, 4):
        locations = ("SCHEMA", "OBJECT", "INTERFACE", "FIELD_DEFINITION")
        arguments = {"graphs": "[join__Graph!]", "name": "String!", "args": "join__DirectiveArguments"}
        directives.append(_define("directive", locations, arguments))
        _add_scalar(schema, "join__DirectiveArguments")
    if version >= Version(0, 5):
        _add_scalar(schema, "join__FieldValue")
        context = InputType(name="join__ContextArgument")
        for name, reference in (
            ("name", "String!"),
            ("type", "String!"),
            ("context", "String!"),
            ("selection", "join__FieldValue!"),
        ):
            context.fields[name] = InputField(name=name, parent=context, type=reference)
        schema.types[context.name] = context
    schema.directives.update({definition.name: definition for definition in directives})


def add_graphs(schema: Schema, graphs: Iterable[tuple[str, str, str]]) -> None:
    """Adds the values of the graph enum, each (enum value, subgraph's name, subgraph's URL)."""
    enum = schema.types[GRAPH_ENUM]
    if isinstance(enum, EnumType):
        for name, subgraph, url in graphs:
            value = EnumValue(name=name, parent=enum)
            value.directives.append(AppliedDirective("join__graph", {"name": subgraph, "url": url}))
            enum.values[name] = value


def _field_arguments(version: Version) -> dict[str, str | tuple[str, Default]]:
    arguments: dict[str, str | tuple[str, Default]] = {
        "graph": "join__Graph",
        "requires": "join__FieldSet",
        "provides": "join__FieldSet",
        "type": "String",
        "external": "Boolean",
        "override": "String",
        "usedOverridden": "Boolean",
    }
    if version >= Version(0, 4):
        arguments["overrideLabel"] = "String"
    if version >= Version(0, 5):
        arguments["contextArguments"] = "[join__ContextArgument!]"
    return arguments


def _define(
    name: str,
    locations: tuple[str, ...],
    arguments: Mapping[str, str | tuple[str, Default]],
    *,
    repeatable: bool = True,
) -> DirectiveDefinition:
    definition = DirectiveDefinition(name=f"join__{name}", locations=locations, repeatable=repeatable)
    for argument, given in arguments.items():
        reference, default = given if isinstance(given, tuple) else (given, MISSING)
        definition.arguments[argument] = Argument(
            name=argument, parent=definition, type=reference, default=default
        )
    return definition


def _add_scalar(schema: Schema, name: str) -> None:
    schema.types[name] = ScalarType(name=name)
