"""Parsed and validated documents of one schema, and which of them are refused before execution.

Never contains variables or answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    parse,
    validate,
)

from marquee_foundation.lru import LeastRecentlyUsed

UNAUTHENTICATED_ROUTER: Final = "UNAUTHENTICATED_ROUTER"
MAX_TOKENS: Final = 20_000
_MAX_CACHED_LENGTH: Final = 100_000


@dataclass(frozen=True, slots=True)
class PreparedDocument:
    """A document that parses, with the errors that validation found."""

    document: DocumentNode
    errors: tuple[GraphQLError, ...]
    only_service: bool
    """True if it selects only `_service { sdl }`, which needs no signature."""
    subscribes: bool
    """True if it contains a subscription, which needs a stream."""


class DocumentCache:
    """Prepares each text once and keeps the result; the least recently used is dropped first."""

    __slots__ = ("_by_text",)

    def __init__(self, size: int = 1000) -> None:
        self._by_text: LeastRecentlyUsed[str, PreparedDocument] = LeastRecentlyUsed(size)

    def prepare(self, text: str, schema: GraphQLSchema) -> PreparedDocument:
        """Parse and validate. Raises `GraphQLSyntaxError`."""
        known = self._by_text.get(text)
        if known is not None:
            return known
        document = parse(text, max_tokens=MAX_TOKENS)
        operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
        prepared = PreparedDocument(
            document=document,
            errors=tuple(validate(schema, document)),
            only_service=len(operations) == len(document.definitions)
            and all(_asks_only_for_service(operation) for operation in operations),
            subscribes=any(operation.operation is OperationType.SUBSCRIPTION for operation in operations),
        )
        # A client may not fill the memory with long documents that are never sent again.
        if len(text) <= _MAX_CACHED_LENGTH:
            self._by_text.put(text, prepared)
        return prepared


def refuse(prepared: PreparedDocument, *, trusted: bool) -> list[GraphQLError]:
    """Return the errors for which a document must not be executed; an empty list if it may be.

    A caller without the router's signature gets no validation errors either: they would reveal the schema.
    """
    if not trusted and not prepared.only_service:
        message = "This subgraph answers its router only."
        return [GraphQLError(message, extensions={"code": UNAUTHENTICATED_ROUTER})]
    return list(prepared.errors)


def _asks_only_for_service(operation: OperationDefinitionNode) -> bool:
    return all(
        isinstance(selection, FieldNode) and selection.name.value in ("_service", "__typename")
        for selection in operation.selection_set.selections
    )
