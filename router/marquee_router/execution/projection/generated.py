"""Generates the Python source of a function that projects the responses of one operation, and compiles it.

For `{ film { title } }` with `title: String!` the source is about

    def object1(o, c):
     try: v0 = o['title']
     except KeyError: v0 = o['title']
     if (v0.__class__ is not str): raise Anomaly
     return {'title': v0}

The code checks every value against the API schema and gives up (raises one of `GAVE_UP`) at the first that
breaks it. It never reports, repairs or guesses. Nothing that a client or a subgraph wrote enters the source
but through `repr` of strings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLSchema,
    is_abstract_type,
)

from marquee_router.planning.plan import Conditions, ResponseField, ResponseSelection


class Anomaly(Exception):
    """A value breaks the schema."""


GAVE_UP = (Anomaly, KeyError, TypeError, AttributeError)
"""What a generated function raises: an anomaly, or Python's own error for a missing key or a wrong type."""

Projection: TypeAlias = Callable[[Mapping[str, Any], tuple[bool, ...]], dict[str, Any]]

INTROSPECTION_FIELDS = frozenset({"__schema", "__type"})
"""`execution.introspection` has answered these as JSON: they pass unchanged."""

_INT_RANGE = "-2147483648 <= {0} <= 2147483647"
_CHECKS = {
    "String": "{0}.__class__ is not str",
    "Int": "{0}.__class__ is not int or not " + _INT_RANGE,
    "Boolean": "{0} is not True and {0} is not False",
    "Float": "{0}.__class__ is not float and {0}.__class__ is not int",
}


def fix_id(value: Any) -> str:
    """Return the text of an ID that a subgraph sent as a JSON number."""
    if value.__class__ is int:
        return str(value)
    raise Anomaly


class _Source:
    """The source under construction: functions, and the names they refer to."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self.lines: list[str] = []
        self.names: dict[str, Any] = {"Anomaly": Anomaly, "fix_id": fix_id}
        self.conditions: dict[Conditions, int] = {}
        self.objects: dict[tuple[int, str], str] = {}
        self._enums: dict[tuple[str, bool], str] = {}

    def fresh(self, prefix: str) -> str:
        name = f"{prefix}{len(self.names)}"
        self.names[name] = None
        return name

    def object_function(self, selection: ResponseSelection, type_name: str) -> str:
        """The name of the function for objects of one concrete type."""
        fields = selection.by_type.get(type_name, ())
        known = self.objects.get((id(fields), type_name))
        if known is None:
            known = self.objects[id(fields), type_name] = self.fresh("object")
            self.lines.extend(_object_lines(self, known, fields, type_name))
        return known

    def composite_function(self, expected: GraphQLOutputType, selection: ResponseSelection) -> str:
        """The name of the function for values of an object, interface or union type."""
        if not is_abstract_type(expected):
            return self.object_function(selection, cast("GraphQLObjectType", expected).name)
        name, table = self.fresh("abstract"), self.fresh("by_typename")
        possible = sorted(found.name for found in self.schema.get_possible_types(expected))
        if expected.name in selection.by_type:  # an `@interfaceObject` answers its own name as `__typename`
            possible.append(expected.name)
        entries = ", ".join(f"{each!r}: {self.object_function(selection, each)}" for each in possible)
        self.lines.append(f"def {name}(o, c):\n return {table}[o['__typename']](o, c)")
        self.lines.append(f"{table} = {{{entries}}}")
        return name

    def enum_values(self, enum: GraphQLEnumType, nullable: bool) -> str:
        key = (enum.name, nullable)
        if key not in self._enums:
            self._enums[key] = name = self.fresh("enum")
            self.names[name] = frozenset(enum.values) | ({None} if nullable else frozenset())
        return self._enums[key]

    def condition(self, conditions: Conditions) -> int:
        return self.conditions.setdefault(conditions, len(self.conditions))


@dataclass(frozen=True, slots=True)
class GeneratedProjection:
    """The functions of one plan."""

    root: Projection
    objects: Mapping[tuple[int, str], Projection]
    """By the identity of the selected fields and the name of the concrete type."""
    conditions: tuple[Conditions, ...]
    """Each function's second argument is a tuple of their truth values, in this order."""


def compile_selection(
    response: ResponseSelection, root_type: str, schema: GraphQLSchema
) -> GeneratedProjection:
    """Return the functions for the responses of one plan; `response` must live as long as they do."""
    source = _Source(schema)
    root = source.object_function(response, root_type)
    code = compile("\n".join(source.lines), "<response projection>", "exec", dont_inherit=True)
    exec(code, source.names)  # noqa: S102 our own generated source; see the module's docstring
    objects = {key: cast("Projection", source.names[name]) for key, name in source.objects.items()}
    return GeneratedProjection(cast("Projection", source.names[root]), objects, tuple(source.conditions))


def _object_lines(source: _Source, name: str, fields: tuple[ResponseField, ...], type_name: str) -> list[str]:
    reads: list[tuple[str, ResponseField]] = []
    body: list[str] = []
    entries: list[tuple[str, str, int | None]] = []
    for index, field in enumerate(fields):
        condition = source.condition(field.conditions) if field.conditions else None
        entries.extend((key, "None", source.condition(place)) for key, place in field.reserves)
        if field.name == "__typename" and not isinstance(
            source.schema.get_type(type_name), GraphQLObjectType
        ):
            guard = "" if condition is None else f"if c[{condition}]: "
            body.append(f"{guard}raise Anomaly")
            continue
        if field.name == "__typename":
            entries.append((field.response_key, repr(type_name), condition))
            continue
        variable = f"v{index}"
        statements = (
            []
            if field.name in INTROSPECTION_FIELDS
            else _value_lines(source, field.type, field.selection, variable)
        )
        if condition is None:
            reads.append((variable, field))
        else:
            statements.insert(0, f"{variable} = {_read(field)}")
            statements = [f"if c[{condition}]:", *(" " + line for line in statements)]
        body.extend(statements)
        entries.append((field.response_key, variable, condition))
    body[:0] = _read_lines(reads)
    if all(condition is None for _, _, condition in entries):
        literal = ", ".join(f"{key!r}: {value}" for key, value, _ in entries)
        body.append(f"return {{{literal}}}")
    else:
        body.append("r = {}")
        for key, value, condition in entries:
            guard = "" if condition is None else f"if c[{condition}]: "
            body.append(f"{guard}r[{key!r}] = {value}")
        body.append("return r")
    return [f"def {name}(o, c):", *(" " + line for line in body)]


def _read_lines(reads: list[tuple[str, ResponseField]]) -> list[str]:
    """Statements that read all fields. A nullable field may be missing, which costs a second attempt."""
    if not reads:
        return ["if o.__class__ is not dict: raise Anomaly"]
    hopeful = "; ".join(f"{variable} = o[{_key(field)!r}]" for variable, field in reads)
    careful = "; ".join(f"{variable} = {_read(field)}" for variable, field in reads)
    return [f"try: {hopeful}", f"except KeyError: {careful}"]


def _key(field: ResponseField) -> str:
    """The key of a field in the data; introspection is there under the client's key."""
    return field.response_key if field.name in INTROSPECTION_FIELDS else field.source


def _read(field: ResponseField) -> str:
    required = isinstance(field.type, GraphQLNonNull) and field.name not in INTROSPECTION_FIELDS
    return f"o[{_key(field)!r}]" if required else f"o.get({_key(field)!r})"


def _value_lines(
    source: _Source, expected: GraphQLOutputType, selection: ResponseSelection | None, variable: str
) -> list[str]:
    """Statements that check the value in `variable` and replace it by what the client gets."""
    nullable = not isinstance(expected, GraphQLNonNull)
    inner = expected if nullable else cast("GraphQLNonNull[Any]", expected).of_type
    if isinstance(inner, GraphQLScalarType | GraphQLEnumType):
        return _leaf_lines(source, inner, nullable, variable)
    if isinstance(inner, GraphQLList):
        statements = _list_lines(source, cast("GraphQLOutputType", inner.of_type), selection, variable)
    else:
        function = source.composite_function(inner, selection or ResponseSelection({}))
        statements = [f"{variable} = {function}({variable}, c)"]
    if nullable:
        return [f"if {variable} is not None:", *(" " + line for line in statements)]
    return statements


def _list_lines(
    source: _Source, item_type: GraphQLOutputType, selection: ResponseSelection | None, variable: str
) -> list[str]:
    statements = [f"if {variable}.__class__ is not list: raise Anomaly"]
    nullable = not isinstance(item_type, GraphQLNonNull)
    inner = item_type if nullable else cast("GraphQLNonNull[Any]", item_type).of_type
    if isinstance(inner, GraphQLScalarType | GraphQLEnumType) and inner.name != "ID":
        item = f"{variable}_"
        checks = _leaf_lines(source, inner, nullable, item)
        loop = [f"for {item} in {variable}:", *(" " + line for line in checks)] if checks else []
        return statements + loop
    if isinstance(inner, GraphQLScalarType | GraphQLList | GraphQLEnumType):
        function = source.fresh("item")
        kept = inner if isinstance(inner, GraphQLList) else GraphQLNonNull(inner)
        body = [*_value_lines(source, kept, selection, "x"), "return x"]
        source.lines.extend([f"def {function}(x, c):", *(" " + line for line in body)])
    else:
        function = source.composite_function(inner, selection or ResponseSelection({}))
    item = f"{function}(x, c)"
    if nullable:
        item = f"None if x is None else {item}"
    return [*statements, f"{variable} = [{item} for x in {variable}]"]


def _leaf_lines(
    source: _Source, leaf: GraphQLScalarType | GraphQLEnumType, nullable: bool, variable: str
) -> list[str]:
    if isinstance(leaf, GraphQLEnumType):
        return [f"if {variable} not in {source.enum_values(leaf, nullable)}: raise Anomaly"]
    and_present = f" and {variable} is not None" if nullable else ""
    if leaf.name == "ID":
        return [f"if {variable}.__class__ is not str{and_present}: {variable} = fix_id({variable})"]
    check = _CHECKS.get(leaf.name)
    if check is not None:
        return [f"if ({check.format(variable)}){and_present}: raise Anomaly"]
    return [] if nullable else [f"if {variable} is None: raise Anomaly"]
