"""Subgraphs of a schema and plain data, which refuse whatever their own schema does not allow."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import (
    GraphQLResolveInfo,
    GraphQLSchema,
    ObjectTypeDefinitionNode,
    OperationType,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    build_ast_schema,
    execute_sync,
    parse,
    print_ast,
    validate,
)

from marquee_router.engine import Engine, SubgraphAccess
from marquee_router.execution.subgraph import SubgraphReply
from marquee_router.request import GraphQLRequest, RequestContext
from marquee_schema.composition import Subgraph, compose
from marquee_schema.supergraph import load_supergraph

Object = dict[str, Any]
_ANY_KEY = {"key", "identity"}


@dataclass
class Declared:
    """One subgraph; `entities` makes an object of a representation, by the type that was sent."""

    sdl: str
    root: Object = field(default_factory=dict)
    entities: Mapping[str, Callable[[Object], Object | None]] = field(default_factory=dict)
    calls: int = 0
    schema: GraphQLSchema = field(init=False)

    def __post_init__(self) -> None:
        self.schema = _executable(self.sdl)

    async def fetch(
        self, body: bytes, headers: Mapping[str, str], timeout_seconds: float, *, idempotent: bool = False
    ) -> SubgraphReply:
        self.calls += 1
        request = orjson.loads(body)
        document = parse(request["query"])
        assert not (wrong := validate(self.schema, document)), (request["query"], wrong)
        result = execute_sync(
            self.schema,
            document,
            root_value=self.root,
            variable_values=request.get("variables"),
            field_resolver=self._resolve,
            type_resolver=lambda data, *_: data["__typename"],
        )
        return SubgraphReply(200, "application/json", orjson.dumps(result.formatted), {})

    def subscribe(self, body: bytes, headers: Mapping[str, str]) -> AsyncIterator[bytes]:
        raise NotImplementedError

    async def aclose(self) -> None:
        """Nothing is open."""

    def _resolve(self, data: Object, info: GraphQLResolveInfo[None], **arguments: Any) -> Any:
        if info.field_name == "_entities":
            return [self.entities[sent["__typename"]](sent) for sent in arguments["representations"]]
        value = data.get(info.field_name)
        return value(**arguments) if callable(value) else value


async def answered(
    subgraphs: Mapping[str, Declared], query: str, variables: Object | None = None
) -> tuple[Any, dict[str, int]]:
    """The router's decoded answer, and how often it asked whom."""
    found = compose([Subgraph(name=name, url="", sdl=each.sdl) for name, each in subgraphs.items()])
    engine = Engine(load_supergraph(found.supergraph_sdl), SubgraphAccess.of(subgraphs))
    request, context = GraphQLRequest(query, variables=variables or {}), RequestContext(headers={})
    try:
        prepared = await engine.prepare(request, context)
        response = await engine.execute(prepared, request, context)
    finally:
        await engine.aclose()
    return orjson.loads(response.body), {name: each.calls for name, each in subgraphs.items() if each.calls}


def _executable(sdl: str) -> GraphQLSchema:
    """The subgraph's types, with federation's own."""
    query, kept, entities = "Query", [], []
    for node in parse(sdl, no_location=True).definitions:
        if isinstance(node, SchemaDefinitionNode | SchemaExtensionNode):
            for root in node.operation_types or ():
                query = root.type.name.value if root.operation is OperationType.QUERY else query
            if isinstance(node, SchemaExtensionNode):
                continue
        if isinstance(node, ObjectTypeDefinitionNode) and any(
            directive.name.value in _ANY_KEY for directive in node.directives or ()
        ):
            entities.append(node.name.value)
        kept.append(node)
    defined = {node.name.value for node in kept if isinstance(node, ObjectTypeDefinitionNode)}
    lines = [print_ast(node) for node in kept]
    if query not in defined:
        lines.append(f"type {query} {{ nothing: Int }}")
    if entities:
        lines.append(f"scalar _Any union _Entity = {' | '.join(entities)}")
        lines.append(f"extend type {query} {{ _entities(representations: [_Any!]!): [_Entity]! }}")
    return build_ast_schema(parse("\n".join(lines)), assume_valid=True, assume_valid_sdl=True)
