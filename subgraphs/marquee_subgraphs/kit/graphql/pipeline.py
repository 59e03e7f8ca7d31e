"""The extension for operations that Strawberry runs itself (WebSocket, event streams, GET).

It prepares documents and masks errors as `SubgraphSchema.answer` does for all other operations.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from graphql import ExecutionResult as CoreExecutionResult
from graphql import GraphQLError
from strawberry.extensions import SchemaExtension
from strawberry.types.execution import ExecutionResult

from marquee_subgraphs.kit.graphql.documents import MAX_TOKENS, DocumentCache, PreparedDocument, refuse
from marquee_subgraphs.kit.graphql.masking import show_errors


class Pipeline(SchemaExtension):
    """The one extension of every subgraph schema; a new one for each operation."""

    def __init__(self, documents: DocumentCache, logger: logging.Logger) -> None:
        self._documents = documents
        self._logger = logger
        self._prepared: PreparedDocument | None = None
        self._streamed = False

    def on_parse(self) -> Iterator[None]:
        execution = self.execution_context
        try:
            self._prepared = self._documents.prepare(execution.query or "", execution.schema._schema)
            execution.graphql_document = self._prepared.document
        except GraphQLError:
            # Strawberry parses again and reports the syntax error; this gives it the same limit of tokens.
            execution.parse_options["max_tokens"] = MAX_TOKENS
        yield

    def on_validate(self) -> Iterator[None]:
        if self._prepared is not None:
            trusted = self.execution_context.context.trusted
            self.execution_context.pre_execution_errors = refuse(self._prepared, trusted=trusted)
        yield

    def on_operation(self) -> Iterator[None]:
        yield
        result = self.execution_context.result
        if not self._streamed and isinstance(result, CoreExecutionResult | ExecutionResult):
            self._mask(result)

    def on_stream_result(self, result: Any) -> Iterator[None]:
        self._streamed = True
        self._mask(result)
        yield None
        # The next event of a subscription must not see rows that this one loaded.
        self.execution_context.context.loaders.forget_all()

    def _mask(self, result: Any) -> None:
        if result.errors:
            execution = self.execution_context
            result.errors = show_errors(
                result.errors, execution.context, execution.operation_name, self._logger
            )
