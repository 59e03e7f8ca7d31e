"""`build_schema`: builds the Strawberry federation schema of a subgraph, the same way for each."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterable
from inspect import isawaitable
from typing import Any, Final

import strawberry
from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    Undefined,
    execute,
)
from strawberry import federation
from strawberry.execution import optimized_is_awaitable
from strawberry.federation.schema import FederationAny
from strawberry.federation.schema_directives import Key
from strawberry.schema.config import StrawberryConfig
from strawberry.types.base import StrawberryObjectDefinition, get_object_definition
from strawberry.types.execution import ExecutionContext
from strawberry.types.graphql import OperationType

from marquee_subgraphs.kit.graphql.context import Context
from marquee_subgraphs.kit.graphql.documents import DocumentCache, refuse
from marquee_subgraphs.kit.graphql.entities import resolve_representation
from marquee_subgraphs.kit.graphql.errors import (
    SHARED_USER_ERRORS,
    ShownRefusal,
    UserErrors,
    as_shown,
)
from marquee_subgraphs.kit.graphql.execution import PLAIN_FIELDS, SubgraphExecutor, find_plain_fields
from marquee_subgraphs.kit.graphql.masking import show_errors
from marquee_subgraphs.kit.graphql.mutations import payload_type
from marquee_subgraphs.kit.graphql.pipeline import Pipeline
from marquee_subgraphs.kit.graphql.scalars import SCALARS
from marquee_subgraphs.kit.refusals import Refusal

FEDERATION_VERSION: Final = "2.11"
MAX_REPRESENTATIONS: Final = 10_000


class SubgraphSchema(federation.Schema):
    """A federation schema that has user errors and resolves entities by the kit's convention."""

    user_errors: UserErrors
    documents: DocumentCache
    logger: logging.Logger

    async def answer(
        self,
        query: str,
        variables: dict[str, Any] | None,
        operation_name: str | None,
        context: Context[Any],
    ) -> dict[str, Any]:
        """Run one query or mutation and return the response as JSON values.

        Every HTTP request takes this path: graphql-core directly, without the stages of Strawberry's
        extensions.
        """
        try:
            prepared = self.documents.prepare(query, self._schema)
        except GraphQLError as error:
            return {"data": None, "errors": self._formatted([error], context, operation_name)}
        refused = refuse(prepared, trusted=context.trusted)
        if not refused and prepared.subscribes:
            refused = [GraphQLError("A subscription needs a WebSocket or an event stream.")]
        if refused:
            return {"data": None, "errors": self._formatted(refused, context, operation_name)}
        result = execute(
            self._schema,
            prepared.document,
            context_value=context,
            variable_values=variables,
            operation_name=operation_name,
            is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]  # a TypeGuard in all but name
            executor_class=self.execution_context_class,
            operation_extensions=None,
        )
        if not isinstance(result, ExecutionResult):
            result = await result
        if result.errors:
            errors = self._formatted(result.errors, context, operation_name)
            return {"data": result.data, "errors": errors}
        return {"data": result.data}

    def _formatted(
        self, errors: Iterable[GraphQLError], context: Context[Any], operation_name: str | None
    ) -> list[Any]:
        shown = show_errors(errors, context, operation_name, self.logger)
        return [error.formatted for error in shown]

    async def entities_resolver(  # type: ignore[override]  # Strawberry awaits what a resolver returns
        self, info: strawberry.Info, representations: list[FederationAny]
    ) -> list[FederationAny]:
        """Start resolving all representations at once, so that their loaders combine them into batches.

        They are awaited together here: the executor completes a list of values much faster than one of
        awaitables.
        """
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
                # Only starts to resolve: the loader waits until all representations have asked, then makes
                # one batch.
                results.append(resolve_representation(origin, info, fields))
        waiting = [index for index, result in enumerate(results) if isawaitable(result)]
        if waiting:
            outcomes = await asyncio.gather(*[results[index] for index in waiting], return_exceptions=True)
            for index, outcome in zip(waiting, outcomes, strict=True):
                results[index] = outcome
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
        """Do nothing: the pipeline logs faults once, with their trace, and expected errors not at all."""


def _is_entity(origin: type) -> bool:
    return hasattr(origin, "resolve_reference") or hasattr(origin, "of_reference")


def build_schema(
    *,
    query: type,
    mutation: type | None = None,
    subscription: type | None = None,
    types: Iterable[type] = (),
    user_errors: Iterable[type[Refusal] | ShownRefusal] = (),
    logger: logging.Logger,
) -> SubgraphSchema:
    """Return a subgraph's schema.

    `types` are those that no field returns, such as entities that only `_entities` resolves. `user_errors`
    are the refusals of the subgraph that have a type of their own; schemas with mutations have the shared
    ones too.
    """
    shared = SHARED_USER_ERRORS if mutation is not None else ()
    shown = UserErrors([*shared, *map(as_shown, user_errors)])
    documents = DocumentCache()
    schema = SubgraphSchema(
        query=query,
        mutation=mutation,
        subscription=subscription,
        types=[*types, *shown.types],
        extensions=[lambda: Pipeline(documents, logger)],
        config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=False),
        execution_context_class=SubgraphExecutor,
        federation_version=FEDERATION_VERSION,
    )
    _check_entities(schema)
    _check_mutations(mutation)
    schema.user_errors = shown
    schema.documents = documents
    schema.logger = logger
    _leave_out_null_defaults(schema._schema)
    schema._schema.extensions = {PLAIN_FIELDS: find_plain_fields(schema._schema)}
    return schema


def _check_entities(schema: SubgraphSchema) -> None:
    """Refuse a type with a resolvable key that cannot be resolved: otherwise only the router would notice."""
    for known in schema.schema_converter.type_map.values():
        definition = known.definition
        if not isinstance(definition, StrawberryObjectDefinition) or not definition.is_object_type:
            continue
        keys = [directive for directive in definition.directives or () if isinstance(directive, Key)]
        if any(key.resolvable is not False for key in keys) and not _is_entity(definition.origin):
            raise TypeError(f"{definition.name} has a key, but neither resolve_reference nor of_reference")


def _check_mutations(mutation: type | None) -> None:
    """Refuse a mutation that does not return a `Payload`: its refusals could not be shown."""
    if mutation is None:
        return
    for field in get_object_definition(mutation, strict=True).fields:
        if payload_type(field) is None:
            raise TypeError(f"the mutation {field.python_name} does not answer a Payload")


def _leave_out_null_defaults(schema: GraphQLSchema) -> None:
    """Remove null defaults, so that the SDL has `after: String` and not `after: String = null`.

    Resolvers still get None, by the defaults of their own arguments and of the input's fields.
    """
    for type_ in schema.type_map.values():
        arguments: list[Any] = []
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            arguments = [argument for field in type_.fields.values() for argument in field.args.values()]
        elif isinstance(type_, GraphQLInputObjectType):
            arguments = list(type_.fields.values())
        for argument in arguments:
            if argument.default_value is None:
                argument.default_value = Undefined
