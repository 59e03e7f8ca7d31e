"""What analytics does about the events that it consumes: it writes down facts.

Each handler runs in one transaction with the inbox row, so exactly once. A fact also has the id of what it is
about, so that even an event that was published twice counts once.
"""

from __future__ import annotations

from dataclasses import dataclass

from marquee_subgraphs.analytics.domain import ShowtimeFact
from marquee_subgraphs.analytics.events import consumed
from marquee_subgraphs.analytics.service import AnalyticsService
from marquee_subgraphs.analytics.store import AnalyticsStore
from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.events import Envelope


@dataclass(frozen=True, slots=True)
class AnalyticsHandlers:
    """The handlers of analytics."""

    backend: Backend
    store: AnalyticsStore
    service: AnalyticsService

    def register(self) -> None:
        """Have the consumer call each handler for its events."""
        consumer = self.backend.consumer
        consumer.on(consumed.CinemaCreated, self.on_cinema_created)
        consumer.on(consumed.AuditoriumCreated, self.on_auditorium_created)
        consumer.on(consumed.MovieChanged, self.on_movie_changed)
        consumer.on(consumed.ShowtimeScheduled, self.on_showtime_scheduled)
        consumer.on(consumed.ShowtimeRescheduled, self.on_showtime_rescheduled)
        consumer.on(consumed.ShowtimeCancelled, self.on_showtime_cancelled)
        consumer.on(consumed.SeatsSold, self.on_seats_sold)
        consumer.on(consumed.SeatsReleased, self.on_seats_released)
        consumer.on(consumed.PaymentCaptured, self.on_payment_captured)
        consumer.on(consumed.RefundCompleted, self.on_refund_completed)
        consumer.on(consumed.TicketCheckedIn, self.on_ticket_checked_in)
        consumer.on(consumed.TicketCheckInUndone, self.on_ticket_check_in_undone)
        consumer.on(consumed.UserRegistered, self.on_user_registered)
        consumer.on(consumed.ReviewCreated, self.on_review_created)
        consumer.on(consumed.UserErasureRequested, self.on_user_erasure_requested)

    async def on_cinema_created(self, tx: Transaction, event: consumed.CinemaCreated, _: Envelope) -> None:
        """Remember a cinema and its time zone."""
        await self.store.facts.save_cinema(tx, event.cinema_id, event.name, event.time_zone)

    async def on_auditorium_created(
        self, tx: Transaction, event: consumed.AuditoriumCreated, _: Envelope
    ) -> None:
        """Remember the cinema of an auditorium."""
        await self.store.facts.save_auditorium(tx, event.auditorium_id, event.cinema_id)

    async def on_movie_changed(
        self, tx: Transaction, event: consumed.MovieChanged, envelope: Envelope
    ) -> None:
        """Remember a film's title and genres, unless a newer event of it was handled."""
        if await self.backend.inbox.advance(tx, envelope):
            await self.store.facts.save_movie(tx, event.movie_id, event.title, event.genres or ())

    async def on_showtime_scheduled(
        self, tx: Transaction, event: consumed.ShowtimeScheduled, _: Envelope
    ) -> None:
        """Remember a showtime and the number of its seats, counted as `Bookable.seatCount` does."""
        showtime = ShowtimeFact(
            id=event.showtime_id,
            movie_id=event.movie_id,
            movie_title=event.movie_title,
            cinema_id=event.cinema_id,
            auditorium_id=event.auditorium_id,
            time_zone=event.time_zone,
            starts_at=event.starts_at,
            seats=len(event.seats),
        )
        await self.store.facts.save_showtime(tx, showtime)

    async def on_showtime_rescheduled(
        self, tx: Transaction, event: consumed.ShowtimeRescheduled, envelope: Envelope
    ) -> None:
        """Remember the new start of a showtime, unless a newer event of it was handled."""
        if await self.backend.inbox.advance(tx, envelope):
            await self.store.facts.reschedule(tx, event.showtime_id, event.starts_at)

    async def on_showtime_cancelled(
        self, tx: Transaction, event: consumed.ShowtimeCancelled, _: Envelope
    ) -> None:
        """Leave a showtime out of the occupancy."""
        await self.store.facts.cancel(tx, event.showtime_id)

    async def on_seats_sold(self, tx: Transaction, event: consumed.SeatsSold, envelope: Envelope) -> None:
        """Count seats as sold."""
        # The aggregate is the showtime, so its version orders the events of a seat: when `released` (8) was
        # handled before `sold` (7), the seat stays free.
        await self.store.facts.set_seats(
            tx, event.showtime_id, event.seat_labels, sold=True, version=envelope.aggregate_version
        )

    async def on_seats_released(
        self, tx: Transaction, event: consumed.SeatsReleased, envelope: Envelope
    ) -> None:
        """Count seats as free again."""
        await self.store.facts.set_seats(
            tx, event.showtime_id, event.seat_labels, sold=False, version=envelope.aggregate_version
        )

    async def on_payment_captured(
        self, tx: Transaction, event: consumed.PaymentCaptured, envelope: Envelope
    ) -> None:
        """Count the money of an order."""
        await self.service.sales.add_capture(tx, event, at=envelope.occurred_at)

    async def on_refund_completed(
        self, tx: Transaction, event: consumed.RefundCompleted, envelope: Envelope
    ) -> None:
        """Count the money and the tickets that were given back."""
        await self.service.sales.add_refund(tx, event, at=envelope.occurred_at)

    async def on_ticket_checked_in(
        self, tx: Transaction, event: consumed.TicketCheckedIn, envelope: Envelope
    ) -> None:
        """Count a visit."""
        if await self.backend.inbox.advance(tx, envelope):
            await self.service.sales.save_visit(tx, event, entered=True)

    async def on_ticket_check_in_undone(
        self, tx: Transaction, event: consumed.TicketCheckInUndone, envelope: Envelope
    ) -> None:
        """Count a visit no longer."""
        if await self.backend.inbox.advance(tx, envelope):
            await self.service.sales.save_visit(tx, event, entered=False)

    async def on_user_registered(
        self, tx: Transaction, event: consumed.UserRegistered, envelope: Envelope
    ) -> None:
        """Count a new person, unless they were forgotten already."""
        if await self.store.facts.name_of(tx, event.user_id) is not None:
            await self.store.facts.add_person(tx, event.user_id, envelope.occurred_at)

    async def on_review_created(
        self, tx: Transaction, event: consumed.ReviewCreated, envelope: Envelope
    ) -> None:
        """Remember when a person was last active."""
        await self.store.facts.see_person(tx, event.user_id, envelope.occurred_at)

    async def on_user_erasure_requested(
        self, tx: Transaction, event: consumed.UserErasureRequested, envelope: Envelope
    ) -> None:
        """Forget the person and publish the receipt; what they bought still counts."""
        await self.service.sales.erase(tx, event.user_id, cause=envelope)
