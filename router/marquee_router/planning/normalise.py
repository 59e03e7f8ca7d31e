"""First stage: from a valid document to a `NormalizedOperation`.

Owns the reading of the operation and its variables; `collect_fields` and `normalise_selections` do the rest.
Never decides where anything is fetched.
"""

from __future__ import annotations

from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    OperationDefinitionNode,
    print_ast,
)

from marquee_router.planning.collect_fields import Variant
from marquee_router.planning.deferral import Deferrals
from marquee_router.planning.errors import NormalisationError
from marquee_router.planning.normalise_selections import SelectionNormaliser
from marquee_router.planning.operation import (
    NormalizedOperation,
    Variable,
)
from marquee_router.planning.plan import OperationKind
from marquee_schema.supergraph import Supergraph


@dataclass(frozen=True, slots=True)
class NormalisationLimits:
    """How large an operation may be."""

    max_depth: int = 120
    max_selections: int = 100_000


def normalise(
    document: DocumentNode,
    operation_name: str | None,
    supergraph: Supergraph,
    limits: NormalisationLimits | None = None,
    *,
    deferrals: Deferrals | None = None,
) -> NormalizedOperation:
    """Normalise the named (or only) operation of a document that is valid against the API schema.

    Without `deferrals`, to which the deferred fragments are added, `@defer` has no effect.
    Raises `NormalisationError` when there is no such operation, `TooComplexError` when a bound is reached.
    """
    operation = _find_operation(document, operation_name)
    kind = OperationKind(operation.operation.value)
    root = supergraph.api_schema.get_root_type(operation.operation)
    if root is None:
        raise NormalisationError(f"The schema has no {kind.value} type")
    if kind is OperationKind.SUBSCRIPTION:
        deferrals = None  # each event is one answer
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    limits = limits or NormalisationLimits()
    normaliser = SelectionNormaliser(
        supergraph, fragments, limits.max_selections, limits.max_depth, deferrals
    )
    variant = Variant(root.name, ((operation.selection_set, ()),))
    (selection,) = normaliser.normalise((variant,), 1)
    return NormalizedOperation(
        kind=kind,
        name=operation.name.value if operation.name is not None else None,
        root_type=root.name,
        selection=selection,
        variables=_variables(operation),
        deferrals=deferrals.found if deferrals is not None else (),
    )


def _find_operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    if name is not None:
        operations = [o for o in operations if o.name is not None and o.name.value == name]
    if len(operations) != 1:
        wanted = f'operation named "{name}"' if name is not None else "single operation"
        raise NormalisationError(f"The document has no {wanted}")
    return operations[0]


def _variables(operation: OperationDefinitionNode) -> dict[str, Variable]:
    found: dict[str, Variable] = {}
    for node in operation.variable_definitions or ():
        default = f" = {print_ast(node.default_value)}" if node.default_value is not None else ""
        name = node.variable.name.value
        found[name] = Variable(name, print_ast(node.type) + default)
    return found
