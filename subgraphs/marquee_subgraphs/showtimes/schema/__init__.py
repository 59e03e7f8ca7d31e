"""The schema of the showtimes subgraph."""

from __future__ import annotations

import logging

from marquee_subgraphs.kit.graphql import FieldView, SubgraphSchema, build_schema, shown, system_health
from marquee_subgraphs.showtimes.errors import ShowtimeNotChangeable, ShowtimeOverlap
from marquee_subgraphs.showtimes.schema.mutation import Mutation
from marquee_subgraphs.showtimes.schema.query import Query
from marquee_subgraphs.showtimes.schema.types import Movie, Seat, Showtime

_OVERLAP = shown(
    ShowtimeOverlap,
    conflicts_with=FieldView(list[Showtime], lambda records: [Showtime.of(record) for record in records]),
)


def build_showtimes_schema(logger: logging.Logger) -> SubgraphSchema:
    """Return the schema of showtimes."""
    return build_schema(
        query=Query,
        mutation=Mutation,
        types=[Movie, Seat, system_health("showtimes")],
        user_errors=[_OVERLAP, ShowtimeNotChangeable],
        logger=logger,
    )
