"""Mistakes of a subgraph's author are named when its schema is built, not by the first client."""

from __future__ import annotations

import logging

import pytest
import strawberry
from strawberry import ID, federation
from strawberry.federation.schema_directives import Key

from marquee_subgraphs.kit.graphql import Payload, build_schema, field, mutation

LOGGER = logging.getLogger("marquee.test")


@federation.type(keys=["id"])
class Orphan:
    id: ID


@federation.type(keys=[Key(fields="id", resolvable=False)])  # type: ignore[arg-type]  # FieldSet is a plain text
class Stub:
    id: ID


@strawberry.type
class Query:
    @field()
    def stub(self) -> Stub | None:
        return None


@strawberry.type
class OrphanQuery:
    @field()
    def orphan(self) -> Orphan | None:
        return None


@strawberry.type
class BareMutation:
    @mutation()
    async def rename(self) -> str:
        return "done"


@strawberry.type
class GoodMutation:
    @mutation(authenticated=True)
    async def rename(self) -> Payload | None:
        return None


def test_an_entity_that_cannot_be_resolved_is_named() -> None:
    with pytest.raises(TypeError, match="Orphan has a key, but neither resolve_reference nor of_reference"):
        build_schema(query=OrphanQuery, logger=LOGGER)


def test_a_mutation_without_a_payload_is_named() -> None:
    with pytest.raises(TypeError, match="the mutation rename does not answer a Payload"):
        build_schema(query=Query, mutation=BareMutation, logger=LOGGER)


def test_a_key_that_is_not_resolvable_here_needs_no_resolver() -> None:
    sdl = build_schema(query=Query, mutation=GoodMutation, logger=LOGGER).as_str()
    assert 'type Stub @key(fields: "id", resolvable: false)' in sdl
    assert "rename: Payload @authenticated" in sdl


def test_the_shared_errors_are_there_when_there_are_mutations() -> None:
    assert (
        "type NotFound implements UserError @shareable"
        in build_schema(query=Query, mutation=GoodMutation, logger=LOGGER).as_str()
    )
    assert "UserError" not in build_schema(query=Query, logger=LOGGER).as_str()
