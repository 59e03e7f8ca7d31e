"""`build_schema`: one Strawberry federation schema, the same way for every subgraph."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Iterable
from typing import Any, Final

import strawberry
from graphql import GraphQLError
from strawberry import federation
from strawberry.federation.schema import FederationAny
from strawberry.schema.config import StrawberryConfig
from strawberry.types.execution import ExecutionContext
from strawberry.types.graphql import OperationType

from subgraphs.kit.graphql.context import Context
from subgraphs.kit.graphql.entities import resolve_representation
from subgraphs.kit.graphql.errors import SHARED_USER_ERRORS, UserError, UserErrors
from subgraphs.kit.graphql.pipeline import DocumentCache, Pipeline
from subgraphs.kit.graphql.scalars import SCALARS

FEDERATION_VERSION: Final = "2.11"
MAX_REPRESENTATIONS: Final = 10_000


class SubgraphSchema(federation.Schema):
    """A federation schema that knows its user errors and resolves entities by the kit's convention."""

    user_errors: UserErrors

    def entities_resolver(
        self, info: strawberry.Info, representations: list[FederationAny]
    ) -> list[FederationAny]:
        """Start all representations at once; the loaders they meet in make batches of them."""
        if len(representations) > MAX_REPRESENTATIONS:
            raise GraphQLError(f"more than {MAX_REPRESENTATIONS} representations")
        types = self.schema_converter.type_map
        results: list[Any] = []
        for given in representations:
            fields: Any = given
            name = fields.get("__typename") if isinstance(fields, dict) else None
            known = types.get(name) if isinstance(name, str) else None
            origin = getattr(known.definition, "origin", None) if known is not None else None
            if origin is None or not _is_entity(origin):
                results.append(GraphQLError(f"{name} is not an entity of this subgraph"))
            else:
                results.append(resolve_representation(origin, info, fields))
        return results

    async def stream(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        operation_extensions: dict[str, Any] | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
    ) -> AsyncGenerator[Any, None]:
        """Run one operation of a WebSocket or event stream with loaders of its own."""
        if isinstance(context_value, Context):
            context_value = context_value.for_operation()
        return await super().stream(
            query,
            variable_values,
            context_value,
            root_value,
            operation_name,
            operation_extensions,
            allowed_operation_types,
        )

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Nothing: the pipeline logs faults once, with their trace, and expected errors not at all."""


def _is_entity(origin: type) -> bool:
    return hasattr(origin, "resolve_reference") or hasattr(origin, "of_reference")


def build_schema(
    *,
    query: type,
    mutation: type | None = None,
    subscription: type | None = None,
    types: Iterable[type] = (),
    user_errors: Iterable[type[UserError]] = (),
    logger: logging.Logger,
) -> SubgraphSchema:
    """Build a subgraph's schema.

    `types` are those no field leads to (entities that only `_entities` gives); `user_errors` the subgraph's
    own errors, beside the shared ones, which are in every schema that has mutations.
    """
    shown = UserErrors([*(SHARED_USER_ERRORS if mutation is not None else ()), *user_errors])
    cache = DocumentCache()
    schema = SubgraphSchema(
        query=query,
        mutation=mutation,
        subscription=subscription,
        types=[*types, *shown.types],
        extensions=[lambda: Pipeline(cache, logger)],
        config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=False),
        federation_version=FEDERATION_VERSION,
    )
    schema.user_errors = shown
    return schema
