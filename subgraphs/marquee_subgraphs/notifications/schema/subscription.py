"""The subscription of notifications."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

import strawberry

from marquee_subgraphs.kit.graphql import subscription
from marquee_subgraphs.notifications.schema.types import Info, Notification


@strawberry.type
class Subscription:
    @subscription(description="One's own notifications, as they come.")
    async def notification_received(self, info: Info) -> AsyncGenerator[Notification, None]:
        async with aclosing(info.context.service.inbox.watch(info.context.viewer)) as records:
            async for record in records:
                yield Notification.of(record)
