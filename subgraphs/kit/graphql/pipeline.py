"""What happens to every operation around its execution: cached parsing and validation, the router's
signature required, faults masked and logged. One extension, one look into one cache."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from graphql import DocumentNode, FieldNode, GraphQLError, OperationDefinitionNode
from graphql import ExecutionResult as CoreExecutionResult
from graphql.language import parse
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import validate_document
from strawberry.types.execution import ExecutionResult

from subgraphs.kit.graphql.context import Context
from subgraphs.kit.refusals import Refusal

UNAUTHENTICATED_ROUTER: Final = "UNAUTHENTICATED_ROUTER"
MAX_TOKENS: Final = 20_000
_MAX_CACHED_LENGTH: Final = 100_000


@dataclass(slots=True)
class _CachedDocument:
    document: DocumentNode
    errors: list[GraphQLError] | None
    """None until validated; empty when valid."""


class DocumentCache:
    """Parsed and validated documents of one schema, the least recently used forgotten first."""

    __slots__ = ("_by_text", "_size")

    def __init__(self, size: int = 1000) -> None:
        self._by_text: OrderedDict[str, _CachedDocument] = OrderedDict()
        self._size = size

    def find(self, text: str) -> _CachedDocument:
        """Return the document, parsed at most once while kept. Raises `GraphQLSyntaxError`."""
        cached = self._by_text.get(text)
        if cached is not None:
            self._by_text.move_to_end(text)
            return cached
        cached = _CachedDocument(parse(text, max_tokens=MAX_TOKENS), None)
        if len(text) <= _MAX_CACHED_LENGTH:
            self._by_text[text] = cached
            if len(self._by_text) > self._size:
                self._by_text.popitem(last=False)
        return cached


class Pipeline(SchemaExtension):
    """The one extension of every subgraph schema; made anew for each operation."""

    def __init__(self, cache: DocumentCache, logger: logging.Logger) -> None:
        self._cache = cache
        self._logger = logger
        self._cached: _CachedDocument | None = None
        self._streamed = False

    def on_parse(self) -> Iterator[None]:
        query = self.execution_context.query
        if query:
            try:
                self._cached = self._cache.find(query)
                self.execution_context.graphql_document = self._cached.document
            except GraphQLError as error:
                # Strawberry parses (and fails) again only because it is the one place it makes the answer.
                self.execution_context.parse_options["max_tokens"] = MAX_TOKENS
                self._logger.debug("a document does not parse: %s", error.message)
        yield

    def on_validate(self) -> Iterator[None]:
        execution = self.execution_context
        document = execution.graphql_document
        assert document is not None
        context: Context[Any] = execution.context
        if not context.trusted and not _asks_only_for_service(document):
            execution.pre_execution_errors = [
                GraphQLError(
                    "This subgraph answers its router only.", extensions={"code": UNAUTHENTICATED_ROUTER}
                )
            ]
        elif self._cached is not None:
            if self._cached.errors is None:
                self._cached.errors = validate_document(
                    execution.schema._schema, document, execution.validation_rules
                )
            execution.pre_execution_errors = self._cached.errors
        yield

    def on_operation(self) -> Iterator[None]:
        yield
        result = self.execution_context.result
        if not self._streamed and isinstance(result, CoreExecutionResult | ExecutionResult) and result.errors:
            result.errors = [self._shown(error) for error in result.errors]

    def on_stream_result(self, result: Any) -> Iterator[None]:
        self._streamed = True
        if result.errors:
            result.errors = [self._shown(error) for error in result.errors]
        yield None
        # The next event of a subscription must not see rows that this one loaded.
        self.execution_context.context.loaders.forget_all()

    def _shown(self, error: GraphQLError) -> GraphQLError:
        cause = error.original_error
        if isinstance(cause, Refusal):
            return _with(error, cause.message, {"code": cause.code})
        if cause is None or isinstance(cause, GraphQLError):
            if error.extensions and "code" in error.extensions:
                return error
            code = "BAD_USER_INPUT" if error.path else "GRAPHQL_VALIDATION_FAILED"
            return _with(error, error.message, {**(error.extensions or {}), "code": code})
        trace_id = self.execution_context.context.trace_id
        self._logger.error(
            "a resolver failed at %s",
            ".".join(str(part) for part in error.path or ()),
            exc_info=cause,
            extra={"trace_id": trace_id, "operation": self.execution_context.operation_name},
        )
        return _with(error, "Something went wrong on our side.", {"code": "INTERNAL", "traceId": trace_id})


def _with(error: GraphQLError, message: str, extensions: dict[str, Any]) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )


def _asks_only_for_service(document: DocumentNode) -> bool:
    """Tell whether every operation asks for nothing but `_service` (and `__typename`) at its root."""
    for definition in document.definitions:
        if not isinstance(definition, OperationDefinitionNode):
            return False
        for selection in definition.selection_set.selections:
            if not isinstance(selection, FieldNode) or selection.name.value not in ("_service", "__typename"):
                return False
    return True
