"""The table leaves nothing out: what is added to the schema needs a row first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from graphql import (
    GraphQLObjectType,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    build_schema,
    parse,
)

from tests.marquee.authorization.operations import ENTITIES, FIELDS, MUTATIONS, QUERIES, SUBSCRIPTIONS
from tests.marquee.authorization.table import read_table

SCHEMA: Final = Path(__file__).parents[3] / "schema"
FENCES: Final = frozenset({"authenticated", "requiresScopes", "policy"})
PERSONAL: Final = ("User",)
"""Types each of whose fields has a row, fenced or not."""
NOT_ASKED_BY_ID: Final = frozenset({"Bookable", "SystemHealth", "Query", "Mutation", "Subscription"})
"""`Bookable` stands for what implements it; `SystemHealth` is one, and each of its fields has a row."""


def subject(row: str) -> str:
    """What a row is about, without the circumstances."""
    return row.partition(" ")[0]


def types() -> Iterator[ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode]:
    for file in sorted((SCHEMA / "sdl").glob("*.graphql")):
        for node in parse(file.read_text(encoding="utf-8")).definitions:
            if isinstance(node, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
                yield node


def test_every_root_field_has_a_row() -> None:
    api = build_schema((SCHEMA / "api.graphql").read_text(encoding="utf-8"))
    roots = (api.query_type, api.mutation_type, api.subscription_type)
    fields = {f"{root.name}.{name}" for root in roots if root is not None for name in root.fields}
    assert fields - {subject(row) for row in read_table()} == set()


def test_every_fenced_field_has_a_row() -> None:
    fenced = {
        f"{node.name.value}.{field.name.value}"
        for node in types()
        for field in node.fields or ()
        if FENCES
        & {directive.name.value for directive in (*(field.directives or ()), *(node.directives or ()))}
    }
    assert len(fenced) > 50
    assert fenced - {subject(row) for row in read_table()} == set()


def test_every_field_of_a_person_has_a_row() -> None:
    api = build_schema((SCHEMA / "api.graphql").read_text(encoding="utf-8"))
    for name in PERSONAL:
        type_ = api.type_map[name]
        assert isinstance(type_, GraphQLObjectType)
        assert {f"{name}.{field}" for field in type_.fields} - {subject(row) for row in read_table()} == set()


def test_every_entity_has_a_row() -> None:
    entities = {
        node.name.value
        for node in types()
        if any(directive.name.value == "key" for directive in node.directives or ())
    }
    assert entities - NOT_ASKED_BY_ID - {subject(row) for row in read_table()} == set()


def test_every_row_is_asked_and_every_question_has_a_row() -> None:
    asked = {*QUERIES, *(f"Mutation.{name}" for name in MUTATIONS), *SUBSCRIPTIONS, *FIELDS, *ENTITIES}
    assert asked == set(read_table())
