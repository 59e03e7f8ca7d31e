"""The events that notifications consumes, each with the fields that its handler reads."""

from __future__ import annotations

from dataclasses import dataclass

from marquee_subgraphs.kit.events import Amount, ConsumedEvent, Instant, Text
from marquee_subgraphs.kit.locale import Locale
from marquee_subgraphs.notifications.domain.records import Contact, Person, TicketCode
from marquee_subgraphs.notifications.domain.translations import locale_of


@dataclass(frozen=True, slots=True, kw_only=True)
class _PersonFacts(ConsumedEvent):
    user_id: Text
    name: Text
    email: Text
    locale: str | None = None
    phone: str | None = None

    def person(self) -> Person:
        """Return the person."""
        return Person(self.user_id, self.name, self.email, locale_of(self.locale), phone=self.phone)


class UserRegistered(_PersonFacts):
    """There is a new person."""

    TYPES = ("user.registered",)


class UserUpdated(_PersonFacts):
    """A person changed their name, address, language or phone number."""

    TYPES = ("user.updated",)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRoleChanged(ConsumedEvent):
    """A person has another role."""

    TYPES = ("user.role_changed",)
    user_id: Text
    role: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class UserErasureRequested(ConsumedEvent):
    """A person asks to be forgotten."""

    TYPES = ("user.erasure_requested",)
    user_id: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class MovieChanged(ConsumedEvent):
    """A film was created, changed or archived."""

    TYPES = ("movie.created", "movie.updated", "movie.archived")
    movie_id: Text
    titles: dict[str, str] | None = None
    """By language, as `{"es": "El chico"}`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _OrderFacts(ConsumedEvent):
    order_id: Text
    number: Text
    showtime_id: Text
    movie_title: Text
    user_id: str | None = None
    """None for a guest."""
    email: str | None = None
    locale: str | None = None
    starts_at: Instant | None = None
    time_zone: str | None = None
    movie_id: str | None = None

    def contact(self) -> Contact:
        """Return whom to notify about the order."""
        return Contact(
            order_id=self.order_id,
            number=self.number,
            showtime_id=self.showtime_id,
            movie_title=self.movie_title,
            user_id=self.user_id,
            email=self.email,
            locale=locale_of(self.locale),
            starts_at=self.starts_at,
            time_zone=self.time_zone,
            movie_id=self.movie_id,
        )


class OrderPlaced(_OrderFacts):
    """An order waits for its payment."""

    TYPES = ("order.placed",)


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldTicket:
    """One ticket of an order that was confirmed."""

    ticket_id: str
    seat_label: str
    qr_code: str

    def code(self) -> TicketCode:
        """Return the ticket's QR code as a mail shows it."""
        return TicketCode(self.seat_label, self.qr_code, f"{self.ticket_id}@marquee")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderConfirmed(_OrderFacts):
    """The seats of an order are sold."""

    TYPES = ("order.confirmed",)
    cinema_name: Text
    total: Amount
    tickets: tuple[SoldTicket, ...] = ()


class OrderExpired(_OrderFacts):
    """Nobody paid an order in time."""

    TYPES = ("order.expired",)


class OrderFailed(_OrderFacts):
    """The seats of an order were lost, or their money never came."""

    TYPES = ("order.failed",)


class OrderCancelled(_OrderFacts):
    """The customer or staff cancelled an order."""

    TYPES = ("order.cancelled",)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSaleRefused(ConsumedEvent):
    """An authorised payment got no seats."""

    TYPES = ("order.sale_refused",)
    order_id: Text
    reason: Text
    """A code: `ORDER_EXPIRED` when the payment came too late, `SEATS_LOST` when the seats were taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketReseated(_OrderFacts):
    """A ticket moved to another seat and has a new code."""

    TYPES = ("ticket.reseated",)
    ticket_id: Text
    seat_label: Text
    previous_seat_label: Text
    qr_code: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitlistOffered(ConsumedEvent):
    """Seats are held for somebody on a waitlist."""

    TYPES = ("waitlist.offered",)
    user_id: str | None = None
    email: str | None = None
    locale: str | None = None
    showtime_id: Text
    movie_id: str | None = None
    movie_title: Text
    cinema_name: Text
    starts_at: Instant
    time_zone: Text
    seat_labels: tuple[str, ...] = ()
    expires_at: Instant
    hold_token: Text

    def spoken(self) -> Locale:
        """Return the language that the entry was made in."""
        return locale_of(self.locale)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundCompleted(ConsumedEvent):
    """Some or all of a payment was given back."""

    TYPES = ("refund.completed",)
    order_id: Text
    amount: Amount
    whole: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundFailed(ConsumedEvent):
    """The money of a refund stays where it is."""

    TYPES = ("refund.failed",)
    order_id: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowtimeCancelled(ConsumedEvent):
    """A showtime will not take place."""

    TYPES = ("showtime.cancelled",)
    showtime_id: Text
    reason: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowtimeRescheduled(ConsumedEvent):
    """A showtime starts at another time."""

    TYPES = ("showtime.rescheduled",)
    showtime_id: Text
    starts_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsEarned(ConsumedEvent):
    """A payment earned points."""

    TYPES = ("loyalty.points_earned",)
    user_id: Text
    points: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TierChanged(ConsumedEvent):
    """The tier of a member rose or fell."""

    TYPES = ("membership.tier_changed",)
    user_id: Text
    tier: Text
    previous: Text
