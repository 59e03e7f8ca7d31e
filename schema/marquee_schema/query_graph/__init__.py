"""The query graph of a supergraph: what each subgraph answers and how to get from one to another."""

from marquee_schema.query_graph.edges import (
    EntityEdge,
    FieldEdge,
    LabelCondition,
    Node,
    RootEdge,
)
from marquee_schema.query_graph.graph import QueryGraph

__all__ = [
    "EntityEdge",
    "FieldEdge",
    "LabelCondition",
    "Node",
    "QueryGraph",
    "RootEdge",
]
