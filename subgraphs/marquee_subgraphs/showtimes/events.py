"""What showtimes tells the others, and what it hears of films. Payloads: `docs/events.md`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.events import Consumer, Envelope, Outbox, PoisonEvent
from marquee_subgraphs.showtimes.domain import AuditoriumRecord, CinemaRecord, MovieRecord, ShowtimeRecord
from marquee_subgraphs.showtimes.layout import SeatPlace
from marquee_subgraphs.showtimes.store import ShowtimeStore


@dataclass(frozen=True, slots=True)
class ShowtimeEvents:
    """Adds the events of showtimes to the transaction of their change."""

    outbox: Outbox

    async def cinema_created(self, tx: Transaction, cinema: CinemaRecord) -> None:
        payload = {
            "cinema_id": cinema.id,
            "name": cinema.name,
            "city": cinema.city,
            "time_zone": cinema.time_zone,
            "currency": cinema.currency.value,
        }
        await self.outbox.add_raw(tx, type="cinema.created", aggregate_id=cinema.id, payload=payload)

    async def auditorium_created(self, tx: Transaction, auditorium: AuditoriumRecord) -> None:
        payload = {
            "auditorium_id": auditorium.id,
            "cinema_id": auditorium.cinema_id,
            "name": auditorium.name,
            "seat_count": auditorium.seat_count,
        }
        await self.outbox.add_raw(tx, type="auditorium.created", aggregate_id=auditorium.id, payload=payload)

    async def scheduled(
        self,
        tx: Transaction,
        showtime: ShowtimeRecord,
        movie: MovieRecord,
        cinema: CinemaRecord,
        auditorium: AuditoriumRecord,
        seats: Sequence[SeatPlace],
    ) -> None:
        """The one event that carries the room: tickets and analytics never ask for it again."""
        payload = {
            **_slot(showtime),
            "movie_id": movie.id,
            "movie_title": movie.title,
            "cinema_id": cinema.id,
            "cinema_name": cinema.name,
            "auditorium_id": auditorium.id,
            "auditorium_name": auditorium.name,
            "time_zone": cinema.time_zone,
            "base_price": {
                "minor": showtime.base_price.minor_units,
                "currency": showtime.base_price.currency.value,
            },
            "format": showtime.screen_format.value,
            "language": showtime.language,
            "curved": auditorium.curved,
            "seats": [asdict(seat) for seat in seats],
        }
        await self.outbox.add_raw(tx, type="showtime.scheduled", aggregate_id=showtime.id, payload=payload)

    async def rescheduled(self, tx: Transaction, showtime: ShowtimeRecord) -> None:
        await self.outbox.add_raw(
            tx, type="showtime.rescheduled", aggregate_id=showtime.id, payload=_slot(showtime)
        )

    async def cancelled(self, tx: Transaction, showtime: ShowtimeRecord, title: str, reason: str) -> None:
        payload = {
            "showtime_id": showtime.id,
            "movie_title": title,
            "starts_at": showtime.starts_at,
            "reason": reason,
        }
        await self.outbox.add_raw(tx, type="showtime.cancelled", aggregate_id=showtime.id, payload=payload)


def _slot(showtime: ShowtimeRecord) -> dict[str, object]:
    return {
        "showtime_id": showtime.id,
        "starts_at": showtime.starts_at,
        "ends_at": showtime.ends_at,
        "sales_close_at": showtime.sales_close_at,
    }


def consume(consumer: Consumer, store: ShowtimeStore) -> None:
    """Hear of films: their title and length as they are now, whatever order the events come in."""

    @consumer.on_raw("movie.created", "movie.updated", "movie.archived")
    async def keep_movie(tx: Transaction, event: Envelope) -> None:
        if not await consumer.inbox.advance(tx, event):
            return
        payload = event.payload
        try:
            movie = MovieRecord(
                id=str(payload["movie_id"]),
                title=str(payload["title"]),
                runtime_minutes=int(payload["runtime_minutes"]),
                is_active=payload["status"] == "ACTIVE",
            )
        except (KeyError, TypeError, ValueError) as error:
            raise PoisonEvent(f"{event.type} does not say what it must: {error!r}") from error
        await store.save_movie(tx, movie)
