"""The schema of the reviews subgraph."""

from __future__ import annotations

import logging

from marquee_subgraphs.kit.graphql import FieldView, SubgraphSchema, build_schema, shown, system_health
from marquee_subgraphs.reviews.errors import ReviewExists
from marquee_subgraphs.reviews.schema.mutation import Mutation
from marquee_subgraphs.reviews.schema.query import Query
from marquee_subgraphs.reviews.schema.types import Movie, Review, User


def build_reviews_schema(logger: logging.Logger) -> SubgraphSchema:
    """Return the schema of reviews."""
    return build_schema(
        query=Query,
        mutation=Mutation,
        types=[Movie, User, system_health("reviews")],
        user_errors=[shown(ReviewExists, review=FieldView(Review, Review.of))],
        logger=logger,
    )
