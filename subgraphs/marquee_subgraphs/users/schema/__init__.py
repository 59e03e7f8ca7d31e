"""The schema of the users subgraph."""

from __future__ import annotations

import logging

from marquee_subgraphs.kit.graphql import SubgraphSchema, build_schema
from marquee_subgraphs.users.errors import EmailTaken, InvalidCredentials, SessionRevoked, WeakPassword
from marquee_subgraphs.users.schema.mutation import Mutation
from marquee_subgraphs.users.schema.query import Query


def build_users_schema(logger: logging.Logger) -> SubgraphSchema:
    """Return the schema of users."""
    return build_schema(
        query=Query,
        mutation=Mutation,
        user_errors=[EmailTaken, InvalidCredentials, WeakPassword, SessionRevoked],
        logger=logger,
    )
