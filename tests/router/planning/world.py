"""A federated graph over shared data, in memory: each subgraph answers its own fields, the monolith all.

The oracle of the planning tests: what a plan collects from these subgraphs must equal what the monolith
says. A subgraph refuses to read an `@external` field that is not provided there, and computes a field with
`@requires` only from what its representation carries.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    ExecutionResult,
    FieldDefinitionNode,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    StringValueNode,
    TypeDefinitionNode,
    build_ast_schema,
    execute_sync,
    parse,
    parse_value,
    print_ast,
    validate,
    value_from_ast_untyped,
)

from marquee_schema.field_set import FieldSet, FieldSetField, parse_field_set
from marquee_schema.supergraph import Supergraph
from tests.router.planning.monolith import Monolith

Json = Any  # the JSON edge: fixture data and answers
Object = dict[str, Json]
_Composite = (
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
)


@dataclass(frozen=True)
class Thing:
    """An object inside a subgraph: the shared data, the representation sent for it, the provided fields."""

    data: Object
    representation: Object = field(default_factory=dict)
    provided: FieldSet = ()


def value_of(data: Object, name: str, arguments: Mapping[str, Json]) -> Json:
    """The shared value of a field; a string has the field's arguments appended.

    A function is called (a mutation); the names in `__faults` are fields that cannot be read.
    """
    if name in data.get("__faults", ()):
        raise GraphQLError(f"{name} is out of order")
    value = data.get(name)
    if callable(value):
        value = value()
    if arguments and type(value) is str:
        return f"{value}({','.join(f'{key}:{_text(arguments[key])}' for key in sorted(arguments))})"
    return value


def _text(value: Json) -> str:
    """An argument's value, whatever the order of an input object's fields."""
    if isinstance(value, dict):
        return ",".join(f"{key}={_text(value[key])}" for key in sorted(value))
    return str(value)


class Subgraph:
    """An executable subgraph over the shared data."""

    def __init__(self, name: str, sdl: str, world: World) -> None:
        self.name = name
        self.fields: dict[tuple[str, str], FieldDefinitionNode] = {}
        self._world = world
        self._keys: dict[str, list[FieldSet]] = {}
        self._extensions: set[str] = set()
        self.calls: list[str] = []
        document = parse(sdl, no_location=True)
        for node in document.definitions:
            if isinstance(node, _Composite):
                keys = _texts(node.directives, "key")
                self._keys.setdefault(node.name.value, []).extend(parse_field_set(key) for key in keys)
                if isinstance(node, ObjectTypeExtensionNode | InterfaceTypeExtensionNode):
                    self._extensions.add(node.name.value)
                for item in node.fields or ():
                    self.fields[node.name.value, item.name.value] = item
        self.schema = _executable(document, [name for name, keys in self._keys.items() if keys])

    def execute(self, operation: str, variables: Mapping[str, Json]) -> ExecutionResult:
        """Answer one operation; it must be one that this subgraph's own schema allows."""
        self.calls.append(operation)
        document = parse(operation)
        assert not (wrong := validate(self.schema, document)), (self.name, operation, wrong)
        return execute_sync(
            self.schema,
            document,
            root_value=Thing(self._world.root),
            variable_values=dict(variables),
            field_resolver=self._resolve,
            type_resolver=lambda thing, *_: self._type_of(thing.data),
        )

    def _type_of(self, data: Object) -> str:
        names: tuple[str, ...] = (data["__typename"], *data.get("__interfaces", ()))
        return next(name for name in names if name in self.schema.type_map)

    def _resolve(self, thing: Thing, info: GraphQLResolveInfo[None], **arguments: Json) -> Json:
        name, type_name = info.field_name, info.parent_type.name
        if name == "_entities":
            return [self._entity(representation) for representation in arguments["representations"]]
        node = self.fields[type_name, name]
        if not self._world.may_answer(self.name, type_name, name):
            raise GraphQLError(f"{type_name}.{name} of {self.name} is overridden")
        provided = next((i for i in thing.provided if isinstance(i, FieldSetField) and i.name == name), None)
        if _has(node, "external") and provided is None and not self._is_extension_key(type_name, name):
            raise GraphQLError(f"{self.name} may not read {type_name}.{name}")
        requires = _field_set(node, "requires")
        value = value_of(thing.data, name, arguments)
        if requires:
            local = {i.name for i in thing.provided if isinstance(i, FieldSetField)}
            sent = self._world.view(thing.data, requires, only=local) if local else {}
            return f"{value}<{self._world.digest({**sent, **thing.representation}, requires)}>"
        return self._wrap(value, (*_field_set(node, "provides"), *(provided.selections if provided else ())))

    def _is_extension_key(self, type_name: str, name: str) -> bool:
        keys = self._keys.get(type_name, []) if type_name in self._extensions else []
        return any(isinstance(item, FieldSetField) and item.name == name for key in keys for item in key)

    def _entity(self, representation: Object) -> Thing | None:
        sent = representation["__typename"]
        for entity in self._world.entities:
            if sent in (entity["__typename"], *entity.get("__interfaces", ())) and any(
                _matches(entity, representation, key) for key in self._keys[sent]
            ):
                return Thing(entity, {"__typename": entity["__typename"], **representation})
        return None

    def _wrap(self, value: Json, provided: FieldSet) -> Json:
        if isinstance(value, list):
            return [self._wrap(item, provided) for item in value]
        if not isinstance(value, dict):
            return value
        return Thing(value, provided=self._world.flat(provided, value["__typename"]))


class World:
    """The shared data, and the monolith over it."""

    def __init__(
        self,
        supergraph: Supergraph,
        subgraphs: Mapping[str, str],
        root: Object,
        entities: Sequence[Object],
    ) -> None:
        self.root = root
        self.entities = entities
        self.labels: frozenset[str] | None = None
        """The labels of progressive overrides that are on; None when either subgraph may answer."""
        self._supergraph = supergraph
        self._monolith = Monolith(supergraph, root, self._value)
        self.subgraphs = {name: Subgraph(name, sdl, self) for name, sdl in subgraphs.items()}
        self._requires = {
            place: requires
            for subgraph in self.subgraphs.values()
            for place, node in subgraph.fields.items()
            if (requires := _field_set(node, "requires"))
        }

    def may_answer(self, subgraph: str, type_name: str, name: str) -> bool:
        """True unless an override moved the field to another subgraph."""
        declared = self._supergraph.types.get(type_name)
        own = declared.fields[name].subgraphs.get(subgraph) if declared is not None else None
        if own is None:
            return False
        if own.override_label is None or self.labels is None:
            return True
        return (own.override_label in self.labels) is (own.override is not None)

    def monolith(self, operation: DocumentNode, variables: Mapping[str, Json]) -> ExecutionResult:
        """Answer a client's operation from the shared data alone."""
        return self._monolith.answer(operation, variables)

    def flat(self, selection: FieldSet, typename: str) -> tuple[FieldSetField, ...]:
        """The fields of a field set that apply to an object type."""
        found: list[FieldSetField] = []
        for item in selection:
            if isinstance(item, FieldSetField):
                found.append(item)
            elif typename in self._supergraph.possible_types[item.type_condition]:
                found.extend(self.flat(item.selections, typename))
        return tuple(found)

    def digest(self, view: Json, selection: FieldSet) -> str:
        """A text that depends on everything the selection reads of what was sent."""
        if isinstance(view, list):
            return "[" + ";".join(self.digest(item, selection) for item in view) + "]"
        if not selection or view is None:
            return str(view)
        fields = self.flat(selection, view["__typename"]) if "__typename" in view else selection
        plain = [item for item in fields if isinstance(item, FieldSetField)]
        return ",".join(f"{item.name}={self.digest(view[item.name], item.selections)}" for item in plain)

    def _value(self, data: Object, name: str, arguments: Mapping[str, Json]) -> Json:
        value = value_of(data, name, arguments)
        owners = (data.get("__typename", ""), *data.get("__interfaces", ()))
        requires = next((r for owner in owners if (r := self._requires.get((owner, name)))), None)
        return f"{value}<{self.digest(self.view(data, requires), requires)}>" if requires else value

    def view(self, value: Json, selection: FieldSet, only: Collection[str] | None = None) -> Json:
        """What a router should send of a value for a field set; with `only`, some of its fields."""
        if isinstance(value, list):
            return [self.view(item, selection) for item in value]
        if not selection or value is None:
            return value
        found: Object = {"__typename": value["__typename"]}
        for item in self.flat(selection, value["__typename"]):
            if only is not None and item.name not in only:
                continue
            arguments = {key: value_from_ast_untyped(parse_value(text)) for key, text in item.arguments}
            found[item.name] = self.view(self._value(value, item.name, arguments), item.selections)
        return found


def _matches(data: Json, sent: Json, key: FieldSet) -> bool:
    if isinstance(data, list):
        return len(data) == len(sent) and all(_matches(d, s, key) for d, s in zip(data, sent, strict=True))
    for item in key:
        if not isinstance(item, FieldSetField) or item.name not in sent:
            return False
        mine, theirs = data[item.name], sent[item.name]
        if not (_matches(mine, theirs, item.selections) if item.selections else mine == theirs):
            return False
    return True


def _has(node: FieldDefinitionNode, directive: str) -> bool:
    return any(d.name.value == directive for d in node.directives or ())


def _field_set(node: FieldDefinitionNode, directive: str) -> FieldSet:
    return tuple(item for text in _texts(node.directives, directive) for item in parse_field_set(text))


def _texts(directives: Sequence[DirectiveNode] | None, name: str) -> list[str]:
    return [
        argument.value.value
        for directive in directives or ()
        if directive.name.value == name
        for argument in directive.arguments or ()
        if argument.name.value == "fields" and isinstance(argument.value, StringValueNode)
    ]


def _executable(document: DocumentNode, entities: Sequence[str]) -> GraphQLSchema:
    """The subgraph's own types as an executable schema, with federation's `_entities`."""
    kept = [d for d in document.definitions if isinstance(d, TypeDefinitionNode | ObjectTypeExtensionNode)]
    lines = [print_ast(d).removeprefix("extend ") for d in kept]
    if not any(isinstance(d, _Composite) and d.name.value == "Query" for d in kept):
        lines.append("type Query { nothing: String }")
    objects = {
        d.name.value for d in kept if isinstance(d, ObjectTypeDefinitionNode | ObjectTypeExtensionNode)
    }
    union = [name for name in entities if name in objects]
    if union:
        lines.append(f"scalar _Any union _Entity = {' | '.join(dict.fromkeys(union))}")
        lines.append("extend type Query { _entities(representations: [_Any!]!): [_Entity]! }")
    return build_ast_schema(parse("\n".join(lines)), assume_valid=True, assume_valid_sdl=True)
