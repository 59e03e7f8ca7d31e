"""The schema of the analytics subgraph."""

from __future__ import annotations

import logging

from marquee_subgraphs.analytics.schema.mutation import Mutation
from marquee_subgraphs.analytics.schema.query import Query
from marquee_subgraphs.analytics.schema.types import Bookable, Movie, User
from marquee_subgraphs.kit.graphql import SubgraphSchema, build_schema, system_health


def build_analytics_schema(logger: logging.Logger) -> SubgraphSchema:
    """Return the schema of analytics."""
    return build_schema(
        query=Query,
        mutation=Mutation,
        types=[Bookable, Movie, User, system_health("analytics")],
        logger=logger,
    )
