"""The schema of the tickets subgraph."""

from __future__ import annotations

import logging

from marquee_subgraphs.kit.graphql import SubgraphSchema, build_schema, system_health
from marquee_subgraphs.tickets.schema.errors import USER_ERRORS
from marquee_subgraphs.tickets.schema.mutation import Mutation
from marquee_subgraphs.tickets.schema.orders import Movie, Order, Ticket, User
from marquee_subgraphs.tickets.schema.query import Query
from marquee_subgraphs.tickets.schema.seats import Seat, Showtime
from marquee_subgraphs.tickets.schema.subscription import Subscription


def build_tickets_schema(logger: logging.Logger) -> SubgraphSchema:
    """Return the schema of tickets."""
    return build_schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[Movie, Order, Seat, Showtime, Ticket, User, system_health("tickets")],
        user_errors=USER_ERRORS,
        logger=logger,
    )
