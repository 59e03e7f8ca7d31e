"""What analytics hears, and which facts it keeps of it. Payloads: `docs/events.md`; unknown fields are passed
over.

Each handler runs once per event, with the inbox row and its facts in one transaction; facts carry the id of
what they tell of, so that even an event made twice counts once. Publishes nothing but receipts of erasure.
"""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from marquee_subgraphs.analytics.domain import SalesLine
from marquee_subgraphs.analytics.errors import NotYetKnown
from marquee_subgraphs.analytics.store import FactStore
from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.events import Consumer, Envelope, Inbox, Outbox, PoisonEvent
from marquee_subgraphs.kit.events.payload import moment, money, optional_text, text
from marquee_subgraphs.kit.ids import new_id


@dataclass(frozen=True, slots=True)
class Hearing:
    """The handlers of analytics."""

    facts: FactStore
    outbox: Outbox
    inbox: Inbox

    def register(self, consumer: Consumer) -> None:
        """Bind every handler to its event types."""
        consumer.on_raw("cinema.created")(self.cinema)
        consumer.on_raw("auditorium.created")(self.auditorium)
        consumer.on_raw("movie.created", "movie.updated", "movie.archived")(self.movie)
        consumer.on_raw("showtime.scheduled")(self.scheduled)
        consumer.on_raw("showtime.rescheduled")(self.rescheduled)
        consumer.on_raw("showtime.cancelled")(self.cancelled)
        consumer.on_raw("seats.sold", "seats.released")(self.seats)
        consumer.on_raw("payment.captured")(self.captured)
        consumer.on_raw("refund.completed")(self.refunded)
        consumer.on_raw("ticket.checked_in", "ticket.check_in_undone")(self.visit)
        consumer.on_raw("user.registered")(self.registered)
        consumer.on_raw("review.created")(self.reviewed)
        consumer.on_raw("user.erasure_requested")(self.erasure)

    async def cinema(self, tx: Transaction, event: Envelope) -> None:
        zone = _zone(event, "time_zone").key
        await self.facts.save_cinema(tx, text(event, "cinema_id"), text(event, "name"), zone)

    async def auditorium(self, tx: Transaction, event: Envelope) -> None:
        await self.facts.save_auditorium(tx, text(event, "auditorium_id"), text(event, "cinema_id"))

    async def movie(self, tx: Transaction, event: Envelope) -> None:
        """Keep a film's title and genres as they are now."""
        genres = event.payload.get("genres") or []
        if not isinstance(genres, list):
            raise PoisonEvent(f"{event.type}: genres is no list")
        if await self.inbox.advance(tx, event):
            names = [str(genre) for genre in genres]
            await self.facts.save_movie(tx, text(event, "movie_id"), text(event, "title"), names)

    async def scheduled(self, tx: Transaction, event: Envelope) -> None:
        """Keep a showtime with the number of its seats, as Bookable counts them."""
        seats = event.payload.get("seats")
        if not isinstance(seats, list):
            raise PoisonEvent(f"{event.type} has no seats")
        names = ("movie_id", "movie_title", "cinema_id", "auditorium_id")
        values = {
            "id": text(event, "showtime_id"),
            **{name: text(event, name) for name in names},
            "time_zone": _zone(event, "time_zone").key,
            "starts_at": moment(event, "starts_at"),
            "seats": len(seats),
        }
        await self.facts.save_showtime(tx, values)

    async def rescheduled(self, tx: Transaction, event: Envelope) -> None:
        if await self.inbox.advance(tx, event):
            values = {"starts_at": moment(event, "starts_at")}
            await self.facts.change_showtime(tx, text(event, "showtime_id"), values)

    async def cancelled(self, tx: Transaction, event: Envelope) -> None:
        await self.facts.change_showtime(tx, text(event, "showtime_id"), {"cancelled": True})

    async def seats(self, tx: Transaction, event: Envelope) -> None:
        """Keep which seats are sold. Seats are told by their showtime, in order; their version guards it."""
        labels = event.payload.get("seat_labels")
        if not isinstance(labels, list):
            raise PoisonEvent(f"{event.type} has no seat_labels")
        await self.facts.set_seats(
            tx,
            text(event, "showtime_id"),
            [str(label) for label in labels],
            sold=event.type == "seats.sold",
            version=event.aggregate_version,
        )

    async def captured(self, tx: Transaction, event: Envelope) -> None:
        """Money came in."""
        seats = event.payload.get("seat_count")
        if not isinstance(seats, int):
            raise PoisonEvent(f"{event.type} has no seat_count")
        line = await self._line(tx, event, text(event, "payment_id"), orders=1, tickets=seats)
        await self.facts.add_sale(tx, line)

    async def refunded(self, tx: Transaction, event: Envelope) -> None:
        """Money went back; so did the tickets it names."""
        tickets = event.payload.get("ticket_ids") or []
        if not isinstance(tickets, list):
            raise PoisonEvent(f"{event.type}: ticket_ids is no list")
        line = await self._line(tx, event, text(event, "refund_id"), orders=0, tickets=-len(tickets))
        await self.facts.add_sale(tx, line)

    async def visit(self, tx: Transaction, event: Envelope) -> None:
        """Keep whether the holder of a ticket is inside, as it is now."""
        if not await self.inbox.advance(tx, event):
            return
        values = {
            "ticket_id": text(event, "ticket_id"),
            "user_id": await self.facts.name_of(tx, optional_text(event, "user_id")),
            "movie_id": text(event, "movie_id"),
            "showtime_id": text(event, "showtime_id"),
            "at": moment(event, "at"),
            "entered": event.type == "ticket.checked_in",
        }
        await self.facts.save_visit(tx, values)

    async def registered(self, tx: Transaction, event: Envelope) -> None:
        if await self.facts.name_of(tx, text(event, "user_id")) is not None:
            await self.facts.add_person(tx, text(event, "user_id"), event.occurred_at)

    async def reviewed(self, tx: Transaction, event: Envelope) -> None:
        await self.facts.see_person(tx, text(event, "user_id"), event.occurred_at)

    async def erasure(self, tx: Transaction, event: Envelope) -> None:
        """Forget a person and say so; what they bought still counts."""
        user_id = text(event, "user_id")
        await self.facts.forget(tx, user_id, new_id("gone", event.occurred_at))
        payload = {"user_id": user_id, "subgraph": "analytics"}
        await self.outbox.add_raw(tx, type="user.erased", aggregate_id=user_id, payload=payload, cause=event)

    async def _line(
        self, tx: Transaction, event: Envelope, id_: str, *, orders: int, tickets: int
    ) -> SalesLine:
        cinema_id, showtime_id = text(event, "cinema_id"), text(event, "showtime_id")
        zone = await self.facts.time_zone(tx, cinema_id, showtime_id)
        if zone is None:
            raise NotYetKnown(f"{event.type} of {cinema_id}, which is not known yet")
        amount = money(event, "amount")
        return SalesLine(
            id=id_,
            payment_id=text(event, "payment_id"),
            order_id=text(event, "order_id"),
            user_id=await self.facts.name_of(tx, optional_text(event, "user_id")),
            movie_id=text(event, "movie_id"),
            showtime_id=showtime_id,
            cinema_id=cinema_id,
            currency=amount.currency,
            at=event.occurred_at,
            local_date=event.occurred_at.astimezone(ZoneInfo(zone)).date(),
            orders=orders,
            tickets=tickets,
            captured=amount.minor_units if orders else 0,
            refunded=0 if orders else amount.minor_units,
        )


def _zone(event: Envelope, name: str) -> ZoneInfo:
    try:
        return ZoneInfo(text(event, name))
    except (KeyError, ValueError) as error:
        raise PoisonEvent(f"{event.type}: {name} is no time zone") from error
