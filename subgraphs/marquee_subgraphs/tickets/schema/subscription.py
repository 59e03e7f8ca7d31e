"""The subscriptions of tickets."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

import strawberry
from strawberry import ID

from marquee_subgraphs.kit.graphql import subscription
from marquee_subgraphs.tickets.schema.orders import Order
from marquee_subgraphs.tickets.schema.seats import Info, SeatMapChange


@strawberry.type
class Subscription:
    @subscription(description="Seats as they change; give afterVersion to miss nothing, or get all first.")
    async def seat_map_changed(
        self, info: Info, showtime_id: ID, after_version: int | None = None
    ) -> AsyncGenerator[SeatMapChange, None]:
        async with aclosing(info.context.service.subscriptions.seats(showtime_id, after_version)) as changes:
            async for change in changes:
                yield SeatMapChange.of(change)

    @subscription(description="The order now, and after each change.")
    async def order_updated(
        self, info: Info, order_id: ID, access_token: str | None = None
    ) -> AsyncGenerator[Order, None]:
        subscriptions = info.context.service.subscriptions
        async with aclosing(subscriptions.order(info.context.viewer, order_id, access_token)) as orders:
            async for record in orders:
                yield Order.of(record, info)
