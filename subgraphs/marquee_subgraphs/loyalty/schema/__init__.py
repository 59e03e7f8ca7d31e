"""The schema of the loyalty subgraph."""

from __future__ import annotations

import logging

from marquee_subgraphs.kit.graphql import SubgraphSchema, build_schema, system_health
from marquee_subgraphs.loyalty.errors import NotEnoughPoints, RewardUnavailable
from marquee_subgraphs.loyalty.schema.mutation import Mutation
from marquee_subgraphs.loyalty.schema.types import Membership, Query, Reward, User


def build_loyalty_schema(logger: logging.Logger) -> SubgraphSchema:
    """Return the schema of loyalty."""
    return build_schema(
        query=Query,
        mutation=Mutation,
        types=[User, Membership, Reward, system_health("loyalty")],
        user_errors=[NotEnoughPoints, RewardUnavailable],
        logger=logger,
    )
