"""The schema of the reviews subgraph."""

from __future__ import annotations

import logging

from marquee_subgraphs.kit.graphql import SubgraphSchema, build_schema, system_health
from marquee_subgraphs.reviews.schema.mutation import Mutation, ReviewExists
from marquee_subgraphs.reviews.schema.types import Movie, Query, User


def build_reviews_schema(logger: logging.Logger) -> SubgraphSchema:
    """The schema of reviews."""
    return build_schema(
        query=Query,
        mutation=Mutation,
        types=[Movie, User, system_health("reviews")],
        user_errors=[ReviewExists],
        logger=logger,
    )
