"""The supergraph model, which query graph, planner and security stages read, and its loader."""

from marquee_schema.supergraph.errors import SupergraphError
from marquee_schema.supergraph.load import load_supergraph
from marquee_schema.supergraph.model import (
    Authorization,
    ContextArgument,
    EnumValue,
    Field,
    InputValue,
    JoinedSchema,
    JoinedType,
    Key,
    ListSize,
    Subgraph,
    SubgraphField,
    SubgraphType,
    Supergraph,
    Type,
    TypeKind,
    named_type,
)

__all__ = [
    "Authorization",
    "ContextArgument",
    "EnumValue",
    "Field",
    "InputValue",
    "JoinedSchema",
    "JoinedType",
    "Key",
    "ListSize",
    "Subgraph",
    "SubgraphField",
    "SubgraphType",
    "Supergraph",
    "SupergraphError",
    "Type",
    "TypeKind",
    "load_supergraph",
    "named_type",
]
