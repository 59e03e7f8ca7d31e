"""Documents as the engine reads them: the operation to run, the document without the others, errors."""

from __future__ import annotations

from collections.abc import Iterable

from graphql import DocumentNode, FragmentDefinitionNode, GraphQLError, OperationDefinitionNode

from marquee_router.errors import FormattedError, OperationUnresolved


def get_operation(document: DocumentNode, operation_name: str | None) -> OperationDefinitionNode:
    """Return the operation to run (specification 6.1, GetOperation); raises `OperationUnresolved`."""
    operations = [found for found in document.definitions if isinstance(found, OperationDefinitionNode)]
    if operation_name is not None:
        for operation in operations:
            if operation.name is not None and operation.name.value == operation_name:
                return operation
        raise OperationUnresolved(f"Unknown operation named '{operation_name}'.")
    if len(operations) == 1:
        return operations[0]
    if operations:
        raise OperationUnresolved("Must provide operation name if query contains multiple operations.")
    raise OperationUnresolved("Must provide an operation.")


def without_other_operations(document: DocumentNode, operation: OperationDefinitionNode) -> DocumentNode:
    """Return `operation` with every fragment of the document."""
    fragments = [found for found in document.definitions if isinstance(found, FragmentDefinitionNode)]
    return DocumentNode(definitions=(operation, *fragments))


def formatted_errors(errors: Iterable[GraphQLError], code: str) -> list[FormattedError]:
    """Return the errors in the response format, each with this code."""
    return [{**error.formatted, "extensions": {**(error.extensions or {}), "code": code}} for error in errors]
