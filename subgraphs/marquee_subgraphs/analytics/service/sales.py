"""Sales and visits as facts: each has the id of its payment, refund or ticket, so that it counts once."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from marquee_subgraphs.analytics.domain import SalesLine, Visit
from marquee_subgraphs.analytics.errors import NotYetKnown
from marquee_subgraphs.analytics.events.consumed import (
    PaymentCaptured,
    PaymentFacts,
    RefundCompleted,
    TicketScanned,
)
from marquee_subgraphs.analytics.events.published import UserErased
from marquee_subgraphs.analytics.store import AnalyticsStore
from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.events import Envelope
from marquee_subgraphs.kit.ids import new_id


class Sales:
    """Writes down what was sold, given back and visited; each method joins the transaction of its event."""

    def __init__(self, backend: Backend, store: AnalyticsStore) -> None:
        self._backend = backend
        self._store = store

    async def add_capture(self, tx: Transaction, event: PaymentCaptured, *, at: datetime) -> None:
        """Add an order that was paid. Raises `NotYetKnown`."""
        line = await self._line(tx, event, event.payment_id, at)
        captured = event.amount.minor_units
        await self._store.facts.add_sale(tx, line.counting(1, event.seat_count, captured=captured))

    async def add_refund(self, tx: Transaction, event: RefundCompleted, *, at: datetime) -> None:
        """Add money that was given back, with the tickets it names. Raises `NotYetKnown`."""
        line = await self._line(tx, event, event.refund_id, at)
        tickets = -len(event.ticket_ids or ())
        await self._store.facts.add_sale(tx, line.counting(0, tickets, refunded=event.amount.minor_units))

    async def _line(self, tx: Transaction, event: PaymentFacts, line_id: str, at: datetime) -> SalesLine:
        zone = await self._store.facts.time_zone(tx, event.cinema_id, event.showtime_id)
        if zone is None:
            raise NotYetKnown(f"cinema {event.cinema_id} is not known yet")
        return SalesLine(
            id=line_id,
            payment_id=event.payment_id,
            order_id=event.order_id,
            user_id=await self._store.facts.name_of(tx, event.user_id),
            movie_id=event.movie_id,
            showtime_id=event.showtime_id,
            cinema_id=event.cinema_id,
            currency=event.amount.currency,
            at=at,
            # A sale at 03:30 UTC counts for the evening before in Lima, as on the cinema's own books.
            local_date=at.astimezone(ZoneInfo(zone)).date(),
        )

    async def save_visit(self, tx: Transaction, event: TicketScanned, *, entered: bool) -> None:
        """Write whether the holder of a ticket is inside."""
        visit = Visit(
            ticket_id=event.ticket_id,
            user_id=await self._store.facts.name_of(tx, event.user_id),
            movie_id=event.movie_id,
            showtime_id=event.showtime_id,
            at=event.at,
            entered=entered,
        )
        await self._store.facts.save_visit(tx, visit)

    async def erase(self, tx: Transaction, user_id: str, *, cause: Envelope) -> None:
        """Forget a person and publish the receipt; what they bought still counts."""
        await self._store.facts.forget(tx, user_id, new_id("gone", cause.occurred_at))
        outbox = self._backend.outbox
        receipt = UserErased(user_id=user_id, subgraph=outbox.producer)
        await outbox.add(tx, receipt, aggregate_id=user_id, cause=cause)
