"""Subscriptions: live seats and orders. Each subscribes first and reads then, so that no change is missed."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.live import Resync
from marquee_subgraphs.kit.refusals import NotFound
from marquee_subgraphs.tickets.domain.orders import Order, Ticket
from marquee_subgraphs.tickets.service.queries import SeatChange, TicketQueries
from marquee_subgraphs.tickets.service.resources import Resources, order_topic, seats_topic


class Subscriptions:
    """The subscriptions of tickets."""

    def __init__(self, resources: Resources, queries: TicketQueries) -> None:
        self._resources = resources
        self._queries = queries

    async def seats(self, showtime_id: str, after_version: int | None) -> AsyncGenerator[SeatChange, None]:
        """Yield the changes of a showtime's seats after `after_version`; all seats first when it is None.

        Each change is read from the log up to the newest version: a slow watcher gets many in one. Raises
        `NotFound`.
        """
        async with self._resources.topics.subscribe(seats_topic(showtime_id)) as messages:
            change = await self._queries.changes(showtime_id, after_version)
            sent = change.hall.showtime.seat_version
            if change.resync or change.labels:
                yield change
            async for message in messages:
                # A change of version 8 may be read together with version 9, whose message comes later.
                if isinstance(message, int) and message <= sent:
                    continue
                change = await self._queries.changes(showtime_id, sent)
                sent = change.hall.showtime.seat_version
                if change.resync or change.labels:
                    yield change

    async def order(
        self, viewer: Viewer, order_id: str, access_token: str | None
    ) -> AsyncGenerator[Order, None]:
        """Yield an order as it is now, and after each change. Raises `NotFound`."""
        async with self._resources.topics.subscribe(order_topic(order_id)) as messages:
            order = await self._queries.order(viewer, order_id, access_token)
            if order is None:
                raise NotFound("There is no such order.")
            shown = await self._with_tickets(order)
            yield order
            async for message in messages:
                order = await self._queries.order(viewer, order_id, access_token)
                if order is None:
                    return
                found = await self._with_tickets(order)
                if found == shown and isinstance(message, Resync):
                    continue
                shown = found
                yield order

    async def _with_tickets(self, order: Order) -> tuple[Order, Sequence[Ticket]]:
        """Return all of an order that can change."""
        tickets = await self._queries.tickets_of_orders([order.id])
        return order, tickets.get(order.id, [])
