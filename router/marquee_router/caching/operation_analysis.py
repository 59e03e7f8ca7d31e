"""`Analysis`: which parts of a subgraph's operation may be cached, for how long, and what they depend on.

An operation is analysed once. Its parts are each `_entities` field, or all of its root fields together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final

import orjson
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    Visitor,
    parse,
    print_ast,
    visit,
)

from marquee_router.caching.field_policies import FieldPolicies
from marquee_router.caching.policy import UNSAID, CachePolicy
from marquee_schema.field_set import FieldSet, FieldSetField
from marquee_schema.supergraph import Supergraph, named_type

_ENTITIES: Final = "_entities"


@dataclass(slots=True)
class Part:
    """All root fields of an operation together, or one `_entities` field of it."""

    response_key: str
    """The response key of the `_entities` field; empty for root fields."""
    representations: str
    """The variable with the representations; empty for root fields."""
    variables: tuple[str, ...]
    """Its other variables, sorted."""
    policy: CachePolicy
    said: CachePolicy
    """Without the default time: by `@cacheControl` alone."""
    types: frozenset[str]
    """The types of the objects it returns; for an entity, of those inside it."""
    digest: bytes
    is_private: bool
    """By the schema, or since a reply had `Cache-Control: private`."""
    is_public: bool
    """True if every field has a time in the schema: only then do users share it."""
    is_open: bool
    """True if it may be kept: by the schema, by the settings, or since a reply had a `max-age`."""

    def key(self, variables: Mapping[str, Any], representation: Any, shared: bytes) -> str:
        """The cache key of the part, or of one entity; `shared` is what else the answer depends on."""
        digest = blake2b(self.digest, digest_size=20)
        digest.update(shared)
        used = {name: variables[name] for name in self.variables if name in variables}
        digest.update(orjson.dumps([used, representation], option=orjson.OPT_SORT_KEYS))
        return digest.hexdigest()


class Marks:
    """The marks of cache entries: what an entry depends on, and what an invalidation changes.

    Example: the reply for `{"__typename": "Film", "id": "7"}` has the marks of its subgraph, of the types
    inside it, of the type `Film` and of this film. To invalidate it is to change one of them.
    """

    def __init__(self, supergraph: Supergraph, subgraph: str) -> None:
        self._keys = {
            name: [_flat(key.selection) for key in definition.subgraphs[subgraph].keys]
            for name, definition in supergraph.types.items()
            if subgraph in definition.subgraphs
        }
        self._subgraph = of_subgraph(subgraph)

    def of_root(self, part: Part) -> list[str]:
        """The marks of root fields."""
        return [self._subgraph, *(of_any(name) for name in sorted(part.types))]

    def of_entity(self, part: Part, representation: Any) -> list[str]:
        """The marks of one entity: a mark for each of its keys, as far as the representation has them."""
        type_name = str(representation.get("__typename"))
        marks = [*self.of_root(part), of_type(type_name)]
        for names in self._keys.get(type_name) or (None,):
            if names is None or any(name not in representation for name in names):
                marks.append(of_any(type_name))
            else:
                marks.append(of_entity(type_name, {name: representation[name] for name in names}))
        return marks


def of_subgraph(name: str) -> str:
    """The mark of every reply of a subgraph."""
    return f"subgraph:{name}"


def of_type(name: str) -> str:
    """The mark of every entity of a type."""
    return f"type:{name}"


def of_any(name: str) -> str:
    """The mark of every reply that contains an object of a type."""
    return f"any:{name}"


def of_entity(type_name: str, key: Mapping[str, Any]) -> str:
    """The mark of one entity. The ids 7 and "7" have one mark: a JSON number is a valid ID."""
    values = {name: str(value) if isinstance(value, int) else value for name, value in key.items()}
    encoded = orjson.dumps(values, option=orjson.OPT_SORT_KEYS)
    return f"one:{type_name}:{blake2b(encoded, digest_size=12).hexdigest()}"


class Analysis:
    """Analyses the operations that are sent to one subgraph."""

    def __init__(self, supergraph: Supergraph, fields: FieldPolicies, subgraph: str, default: int) -> None:
        self._supergraph = supergraph
        self._fields = fields
        self._subgraph = subgraph
        self._default = default

    def parts(self, text: str) -> list[Part] | None:
        """The parts of an operation; None if nothing of it may be kept, or it is not understood."""
        document = parse(text, no_location=True)
        operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
        selections = operations[0].selection_set.selections
        fields = [each for each in selections if isinstance(each, FieldNode)]
        try:
            if fields and all(each.name.value == _ENTITIES for each in fields):
                parts = [self._entities(each, document) for each in fields]
            else:
                parts = [self._root(operations[0], document, text)]
        except _Unknown:
            return None
        unkept = len(fields) != len(selections) or any(part.said.max_age == 0 for part in parts)
        return None if unkept else parts

    def _root(self, operation: OperationDefinitionNode, document: DocumentNode, text: str) -> Part:
        root = self._supergraph.root_types[operation.operation]
        return self._part("", "", operation.selection_set, document, root, text)

    def _entities(self, node: FieldNode, document: DocumentNode) -> Part:
        value = node.arguments[0].value if node.arguments else None
        if not isinstance(value, VariableNode) or node.selection_set is None:
            raise _Unknown
        key = node.alias.value if node.alias else node.name.value
        return self._part(key, value.name.value, node.selection_set, document, None, "")

    def _part(
        self,
        key: str,
        representations: str,
        selected: SelectionSetNode,
        document: DocumentNode,
        root: str | None,
        text: str,
    ) -> Part:
        fragments = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }
        # Three times: with the default of the settings; by hints alone; and with 0 for what has no hint,
        # which
        # tells if every field has one.
        walks = [
            _Walk(self._supergraph, self._fields, fragments, default) for default in (self._default, None, 0)
        ]
        whole, said, strict = (walk.selection(selected, root, is_root=root is not None) for walk in walks)
        written = text or "".join(print_ast(each) for each in (selected, *fragments.values()))
        names = _variables(document if text else selected, fragments.values())
        return Part(
            key,
            representations,
            tuple(sorted(names)),
            whole,
            said,
            frozenset(walks[0].types),
            blake2b(f"{self._subgraph}\n{written}".encode(), digest_size=20).digest(),
            is_private=whole.is_private,
            is_public=bool(strict.max_age) and not strict.is_private,
            is_open=bool(whole.max_age),
        )


class _Unknown(Exception):
    """The operation contains what the supergraph does not."""


@dataclass(slots=True)
class _Walk:
    supergraph: Supergraph
    fields: FieldPolicies
    fragments: Mapping[str, FragmentDefinitionNode]
    default: int | None
    types: set[str] = field(default_factory=set)

    def selection(
        self, selected: SelectionSetNode, parent: str | None, *, is_root: bool = False, entity: bool = False
    ) -> CachePolicy:
        """The policy of a selection; `parent` is None for the selection of `_entities`."""
        found = UNSAID
        for each in selected.selections:
            if isinstance(each, FieldNode):
                found = found.restricted(self._field(each, parent, is_root=is_root, entity=entity))
                continue
            assert isinstance(each, InlineFragmentNode | FragmentSpreadNode)
            node = self.fragments[each.name.value] if isinstance(each, FragmentSpreadNode) else each
            condition = node.type_condition.name.value if node.type_condition else parent
            if condition is None or condition not in self.supergraph.types:
                raise _Unknown
            is_entity = entity or parent is None
            if is_entity:
                for name in self._concrete(condition):
                    found = found.restricted(self.fields.of_entity(name, default=self.default))
            found = found.restricted(
                self.selection(node.selection_set, condition, is_root=is_root, entity=is_entity)
            )
        return found

    def _field(self, node: FieldNode, parent: str | None, *, is_root: bool, entity: bool) -> CachePolicy:
        name = node.name.value
        if name == "__typename":
            return UNSAID
        found = UNSAID
        if parent is None:
            raise _Unknown
        if not entity:
            self.types.update(self._concrete(parent))
        for owner in self._concrete(parent):
            if name in self.supergraph.types[owner].fields:
                found = found.restricted(self.fields.of(owner, name, default=self.default, is_root=is_root))
        if node.selection_set is not None:
            declared = self.supergraph.types[parent].fields.get(name)
            if declared is None:
                raise _Unknown
            returned = named_type(declared.type)
            self.types.update(self._concrete(returned))
            found = found.restricted(self.selection(node.selection_set, returned))
        return found

    def _concrete(self, name: str) -> set[str]:
        return {name, *self.supergraph.possible_types.get(name, ())}


def _variables(node: Node, fragments: Iterable[Node]) -> set[str]:
    names: set[str] = set()

    class Reader(Visitor):
        def enter_variable(self, variable: VariableNode, *_: Any) -> None:
            names.add(variable.name.value)

    for each in (node, *fragments):
        visit(each, Reader())
    return names


def _flat(selection: FieldSet) -> tuple[str, ...] | None:
    """The fields of a key; None when there is something inside them."""
    names = [each.name for each in selection if isinstance(each, FieldSetField) and not each.selections]
    return tuple(names) if len(names) == len(selection) else None
