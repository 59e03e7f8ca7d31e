"""The schema of the showtimes subgraph."""

from __future__ import annotations

import logging

from marquee_subgraphs.kit.graphql import SubgraphSchema, build_schema, system_health
from marquee_subgraphs.showtimes.schema.mutation import Mutation, ShowtimeNotChangeable, ShowtimeOverlap
from marquee_subgraphs.showtimes.schema.query import Query
from marquee_subgraphs.showtimes.schema.types import Movie, Seat


def build_showtimes_schema(logger: logging.Logger) -> SubgraphSchema:
    """The schema of showtimes."""
    return build_schema(
        query=Query,
        mutation=Mutation,
        types=[Movie, Seat, system_health("showtimes")],
        user_errors=[ShowtimeOverlap, ShowtimeNotChangeable],
        logger=logger,
    )
