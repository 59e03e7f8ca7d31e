"""The schema of the movies subgraph."""

from __future__ import annotations

import logging

from marquee_subgraphs.kit.graphql import SubgraphSchema, build_schema, system_health
from marquee_subgraphs.movies.errors import MovieChanged
from marquee_subgraphs.movies.schema.mutation import Mutation
from marquee_subgraphs.movies.schema.query import Query


def build_movies_schema(logger: logging.Logger) -> SubgraphSchema:
    """Return the schema of movies."""
    return build_schema(
        query=Query,
        mutation=Mutation,
        types=[system_health("movies")],
        user_errors=[MovieChanged],
        logger=logger,
    )
