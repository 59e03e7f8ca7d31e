"""Live seats and orders: subscribes first, then reads, so that nothing falls between."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.live import Resync
from marquee_subgraphs.kit.refusals import NotFound
from marquee_subgraphs.tickets.domain.orders import Order, Ticket
from marquee_subgraphs.tickets.service.box_office import BoxOffice, order_topic, seats_topic
from marquee_subgraphs.tickets.service.queries import Queries, SeatChange


class Subscriptions:
    """The subscriptions of tickets."""

    def __init__(self, office: BoxOffice, queries: Queries) -> None:
        self._office = office
        self._queries = queries

    async def seats(self, showtime_id: str, after_version: int | None) -> AsyncGenerator[SeatChange, None]:
        """Tell what changes in a showtime's seats, from `after_version` on (all seats first when None).

        Each change is read from the log up to the newest version, so that many make one when the watcher
        lags. Raises `NotFound`.
        """
        async with self._office.topics.subscribe(seats_topic(showtime_id)) as messages:
            change = await self._queries.changes(showtime_id, after_version)
            sent = change.hall.showtime.seat_version
            if change.resync or change.labels:
                yield change
            async for message in messages:
                if isinstance(message, int) and message <= sent:
                    continue
                change = await self._queries.changes(showtime_id, sent)
                sent = change.hall.showtime.seat_version
                if change.resync or change.labels:
                    yield change

    async def order(
        self, viewer: Viewer, order_id: str, access_token: str | None
    ) -> AsyncGenerator[Order, None]:
        """Tell how an order stands, now and after each change. Raises `NotFound`."""
        async with self._office.topics.subscribe(order_topic(order_id)) as messages:
            order = await self._queries.order(viewer, order_id, access_token)
            if order is None:
                raise NotFound("There is no such order.")
            told = await self._with_tickets(order)
            yield order
            async for message in messages:
                order = await self._queries.order(viewer, order_id, access_token)
                if order is None:
                    return
                found = await self._with_tickets(order)
                if found == told and isinstance(message, Resync):
                    continue
                told = found
                yield order

    async def _with_tickets(self, order: Order) -> tuple[Order, Sequence[Ticket]]:
        """All that a change of an order can be a change of."""
        tickets = await self._queries.tickets_of_orders([order.id])
        return order, tickets.get(order.id, [])
