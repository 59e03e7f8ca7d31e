"""Type references as GraphQL text, `[Movie!]!`, so that comparing two means comparing strings.

Knows wrappers only. The schema knows what a name stands for.
"""

from collections.abc import Callable
from typing import TypeAlias

from graphql import ListTypeNode, NamedTypeNode, NonNullTypeNode, TypeNode

TypeReference: TypeAlias = str

BUILT_IN_SCALARS = frozenset({"Int", "Float", "String", "Boolean", "ID"})


def reference_of(node: TypeNode) -> TypeReference:
    """The text of a type reference in the syntax tree."""
    if isinstance(node, NamedTypeNode):
        return node.name.value
    if isinstance(node, NonNullTypeNode):
        return f"{reference_of(node.type)}!"
    if isinstance(node, ListTypeNode):
        return f"[{reference_of(node.type)}]"
    raise TypeError(f"not a type reference: {node!r}")


def base_name(reference: TypeReference) -> str:
    """The named type inside all wrappers."""
    return reference.strip("[]!")


def is_non_null(reference: TypeReference) -> bool:
    """True if the outermost type excludes null."""
    return reference.endswith("!")


def nullable(reference: TypeReference) -> TypeReference:
    """The reference without its outermost `!`."""
    return reference.removesuffix("!")


def is_list(reference: TypeReference) -> bool:
    """True for a list, nullable or not."""
    return reference.startswith("[")


def item_of(reference: TypeReference) -> TypeReference:
    """The item type of a list."""
    return nullable(reference)[1:-1]


def is_subtype(sub: TypeReference, sup: TypeReference, is_named_subtype: Callable[[str, str], bool]) -> bool:
    """True if every value of `sub` is one of `sup`; `is_named_subtype(sub, sup)` decides for named types."""
    if sub == sup:
        return True
    # `Int!` is a subtype of `Int`, and `[Int!]` one of `[Int]`: a value that is never null fits where null is
    # allowed.
    if is_non_null(sub):
        return is_subtype(nullable(sub), nullable(sup), is_named_subtype)
    if is_non_null(sup):
        return False
    if is_list(sub):
        return is_list(sup) and is_subtype(item_of(sub), item_of(sup), is_named_subtype)
    return not is_list(sup) and is_named_subtype(sub, sup)


def is_strict_subtype(
    sub: TypeReference, sup: TypeReference, is_named_subtype: Callable[[str, str], bool]
) -> bool:
    """True if `sub` is a subtype of `sup` and not equal to it."""
    return sub != sup and is_subtype(sub, sup, is_named_subtype)
