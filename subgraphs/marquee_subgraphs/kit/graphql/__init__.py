"""The GraphQL edge of a subgraph: shared types, payloads and errors, connections, entities, the schema and
its endpoint.

Everything a `schema.py` needs from the kit is imported from here.
"""

from marquee_subgraphs.kit.graphql.connections import Connection, Edge, PageInfo
from marquee_subgraphs.kit.graphql.context import Context
from marquee_subgraphs.kit.graphql.directives import connection_size, cost, list_size
from marquee_subgraphs.kit.graphql.endpoint import SubgraphEndpoint
from marquee_subgraphs.kit.graphql.entities import InvalidRepresentation, Representation
from marquee_subgraphs.kit.graphql.errors import FieldView, ShownRefusal, UserError, shown
from marquee_subgraphs.kit.graphql.fields import field, subscription
from marquee_subgraphs.kit.graphql.health import SCOPE_SYSTEM, SYSTEM_ID, system_health
from marquee_subgraphs.kit.graphql.mutations import Payload, mutation
from marquee_subgraphs.kit.graphql.schema import SubgraphSchema, build_schema
from marquee_subgraphs.kit.graphql.shared import CurrencyCode, DateRangeInput, Locale, Money, MoneyInput

__all__ = [
    "SCOPE_SYSTEM",
    "SYSTEM_ID",
    "Connection",
    "Context",
    "CurrencyCode",
    "DateRangeInput",
    "Edge",
    "FieldView",
    "InvalidRepresentation",
    "Locale",
    "Money",
    "MoneyInput",
    "PageInfo",
    "Payload",
    "Representation",
    "ShownRefusal",
    "SubgraphEndpoint",
    "SubgraphSchema",
    "UserError",
    "build_schema",
    "connection_size",
    "cost",
    "field",
    "list_size",
    "mutation",
    "shown",
    "subscription",
    "system_health",
]
