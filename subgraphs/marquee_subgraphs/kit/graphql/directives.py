"""Federation directives that Strawberry's field arguments do not cover, in the form `directives=[cost(5)]`.

`@authenticated`, `@requiresScopes`, `@shareable`, `@external`, `@requires`, `@provides`, `@inaccessible`,
`@tag`, `@override` are arguments of `strawberry.federation.field` and `type`; `@interfaceObject` is
`federation.interface_object`.
"""

from __future__ import annotations

from strawberry import UNSET
from strawberry.federation.schema_directives import Cost, ListSize


def cost(weight: int) -> Cost:
    """Return `@cost`, where the default (1 for an object, 0 for a leaf) is misleading."""
    return Cost(weight=weight)


def list_size(
    assumed: int | None = UNSET,
    *,
    slicing: list[str] | None = UNSET,
    sized_fields: list[str] | None = UNSET,
    require_one_slicing_argument: bool = True,
) -> ListSize:
    """Return `@listSize`: the expected length of a list. For connections use `connection_size`."""
    return ListSize(
        assumed_size=assumed,
        slicing_arguments=slicing,
        sized_fields=sized_fields,
        require_one_slicing_argument=require_one_slicing_argument,
    )


def connection_size() -> ListSize:
    """Return `@listSize` of a connection: `first` edges and as many nodes."""
    return list_size(slicing=["first"], sized_fields=["edges", "nodes"], require_one_slicing_argument=False)
