"""The schema of the notifications subgraph."""

from __future__ import annotations

import logging

from marquee_subgraphs.kit.graphql import SubgraphSchema, build_schema, system_health
from marquee_subgraphs.notifications.schema.mutation import Mutation
from marquee_subgraphs.notifications.schema.query import Query
from marquee_subgraphs.notifications.schema.subscription import Subscription
from marquee_subgraphs.notifications.schema.types import Notification, User


def build_notifications_schema(logger: logging.Logger) -> SubgraphSchema:
    """Return the schema of notifications."""
    return build_schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[User, Notification, system_health("notifications")],
        logger=logger,
    )
