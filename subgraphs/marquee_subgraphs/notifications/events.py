"""What notifications hears, and what it tells whom because of it. Payloads: `docs/events.md`.

Each handler runs once per event, with the inbox row, the notification and the queued mail in one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.events import Consumer, Envelope, Outbox
from marquee_subgraphs.kit.events.payload import moment, money, optional_text, text
from marquee_subgraphs.kit.locale import Locale
from marquee_subgraphs.notifications.domain.records import Contact, NotificationKind, Person, TicketCode
from marquee_subgraphs.notifications.domain.translations import MONTHS, role_name, tier_name
from marquee_subgraphs.notifications.service.notifier import News, Recipient, Teller
from marquee_subgraphs.notifications.store import NotificationStore


class NotYetKnown(Exception):
    """An event speaks of an order or a person we have not heard of yet; the broker tries again."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """The handlers of notifications."""

    store: NotificationStore
    teller: Teller
    outbox: Outbox

    def register(self, consumer: Consumer) -> None:
        """Bind every handler to its event types."""
        consumer.on_raw("user.registered", "user.updated")(self.person)
        consumer.on_raw("user.role_changed")(self.role_changed)
        consumer.on_raw("user.erasure_requested")(self.erasure)
        consumer.on_raw("movie.created", "movie.updated", "movie.archived")(self.film)
        consumer.on_raw("order.placed")(self.order_placed)
        consumer.on_raw("order.confirmed")(self.order_confirmed)
        consumer.on_raw("order.expired", "order.failed", "order.cancelled")(self.order_ended)
        consumer.on_raw("order.sale_refused")(self.sale_refused)
        consumer.on_raw("ticket.reseated")(self.reseated)
        consumer.on_raw("waitlist.offered")(self.seats_offered)
        consumer.on_raw("refund.completed", "refund.failed")(self.refund)
        consumer.on_raw("showtime.cancelled")(self.showtime_cancelled)
        consumer.on_raw("showtime.rescheduled")(self.showtime_moved)
        consumer.on_raw("loyalty.points_earned", "membership.tier_changed")(self.loyalty)

    async def person(self, tx: Transaction, event: Envelope) -> None:
        """Keep who somebody is, and welcome who is new."""
        person = Person(
            text(event, "user_id"),
            text(event, "name"),
            text(event, "email"),
            locale_of(event.payload),
            phone=optional_text(event, "phone"),
        )
        await self.store.save_person(tx, person)
        if event.type == "user.registered":
            news = News("welcome", NotificationKind.WELCOME, {"name": person.name})
            await self.teller.tell(tx, _to(person), news, event)

    async def role_changed(self, tx: Transaction, event: Envelope) -> None:
        person = await self.store.find_person(tx, text(event, "user_id"))
        if person is not None:
            news = News(
                "role_changed",
                NotificationKind.GENERIC,
                {"role": role_name(text(event, "role"), person.locale)},
            )
            await self.teller.tell(tx, _to(person), news, event)

    async def erasure(self, tx: Transaction, event: Envelope) -> None:
        """Forget a person and say so."""
        user_id = text(event, "user_id")
        await self.store.forget(tx, user_id)
        payload = {"user_id": user_id, "subgraph": "notifications"}
        await self.outbox.add_raw(tx, type="user.erased", aggregate_id=user_id, payload=payload, cause=event)

    async def film(self, tx: Transaction, event: Envelope) -> None:
        """Keep what a film is called, so that everybody reads it in their language."""
        titles = event.payload.get("titles")
        known = (
            {str(locale): str(title) for locale, title in titles.items()} if isinstance(titles, dict) else {}
        )
        await self.store.save_film(tx, text(event, "movie_id"), known)

    async def order_placed(self, tx: Transaction, event: Envelope) -> None:
        """Keep whom to tell about the order; nothing is told yet."""
        await self.store.save_contact(tx, contact_of(event), confirmed=False)

    async def order_confirmed(self, tx: Transaction, event: Envelope) -> None:
        """Send the tickets."""
        contact = contact_of(event)
        await self.store.save_contact(tx, contact, confirmed=True)
        codes = [
            TicketCode(str(ticket["seat_label"]), str(ticket["qr_code"]), f"{ticket['ticket_id']}@marquee")
            for ticket in event.payload.get("tickets", [])
        ]
        recipient = await self._recipient(tx, contact)
        values = {
            "movie_title": await self._title(tx, contact, recipient.locale),
            "cinema_name": text(event, "cinema_name"),
            "starts_at_local": local_text(contact, recipient.locale),
            "number": contact.number,
            "seats": ", ".join(code.seat for code in codes),
            "total": str(money(event, "total")),
        }
        news = News(
            "order_confirmed", NotificationKind.ORDER_CONFIRMED, values, f"/orders/{contact.order_id}", codes
        )
        await self.teller.tell(tx, recipient, news, event)

    async def order_ended(self, tx: Transaction, event: Envelope) -> None:
        """Tell that an order expired or failed; who cancelled it themself hears of the refund instead."""
        contact = contact_of(event)
        await self.store.save_contact(tx, contact, confirmed=False)
        await self.store.unconfirm(tx, contact.order_id)
        template, kind = {
            "order.expired": ("order_expired", NotificationKind.ORDER_EXPIRED),
            "order.failed": ("order_failed", NotificationKind.ORDER_FAILED),
        }.get(event.type, (None, None))
        if template is None or kind is None:
            return
        recipient = await self._recipient(tx, contact)
        values = {
            "number": contact.number,
            "movie_title": await self._title(tx, contact, recipient.locale),
        }
        await self.teller.tell(tx, recipient, News(template, kind, values), event)

    async def sale_refused(self, tx: Transaction, event: Envelope) -> None:
        """Tell whose payment came too late; who lost the seats meanwhile hears it from `order.failed`."""
        if not text(event, "reason").startswith("ORDER_"):
            return
        contact = await self._contact(tx, event)
        news = News("sale_refused", NotificationKind.ORDER_FAILED, {})
        await self.teller.tell(tx, await self._recipient(tx, contact), news, event)

    async def reseated(self, tx: Transaction, event: Envelope) -> None:
        """Send the ticket's new code; the old one no longer opens the door."""
        contact = contact_of(event)
        seat = text(event, "seat_label")
        code = TicketCode(seat, text(event, "qr_code"), f"{text(event, 'ticket_id')}@marquee")
        recipient = await self._recipient(tx, contact)
        values = {
            "movie_title": await self._title(tx, contact, recipient.locale),
            "starts_at_local": local_text(contact, recipient.locale),
            "number": contact.number,
            "seat": seat,
            "previous_seat": text(event, "previous_seat_label"),
        }
        link = f"/orders/{contact.order_id}"
        news = News("ticket_reseated", NotificationKind.GENERIC, values, link, [code])
        await self.teller.tell(tx, recipient, news, event)

    async def seats_offered(self, tx: Transaction, event: Envelope) -> None:
        """Tell who waited of the seats that are held for them, with the way there."""
        user_id = optional_text(event, "user_id")
        locale = locale_of(event.payload)
        recipient = await self._person_or(tx, user_id, Recipient(None, optional_text(event, "email"), locale))
        zone, spoken = text(event, "time_zone"), recipient.locale
        values = {
            "movie_title": await self.store.title_of(tx, optional_text(event, "movie_id"), spoken)
            or text(event, "movie_title"),
            "cinema_name": text(event, "cinema_name"),
            "starts_at_local": local_time(moment(event, "starts_at"), zone, spoken),
            "seats": ", ".join(str(label) for label in event.payload.get("seat_labels", [])),
            "until_local": local_time(moment(event, "expires_at"), zone, spoken),
        }
        link = f"/showtimes/{text(event, 'showtime_id')}/hold/{text(event, 'hold_token')}"
        news = News("seats_offered", NotificationKind.SEATS_OFFERED, values, link)
        await self.teller.tell(tx, recipient, news, event)

    async def refund(self, tx: Transaction, event: Envelope) -> None:
        """Tell that money is on its way back, or that it is not yet."""
        contact = await self._contact(tx, event)
        recipient = await self._recipient(tx, contact)
        title = await self._title(tx, contact, recipient.locale)
        values: dict[str, Any] = {"number": contact.number, "movie_title": title}
        if event.type == "refund.completed":
            values["amount"] = str(money(event, "amount"))
            if event.payload.get("whole"):
                await self.store.unconfirm(tx, contact.order_id)
            news = News("refund_completed", NotificationKind.REFUND_COMPLETED, values)
        else:
            news = News("refund_failed", NotificationKind.GENERIC, values)
        await self.teller.tell(tx, recipient, news, event)

    async def showtime_cancelled(self, tx: Transaction, event: Envelope) -> None:
        """Tell everybody who has tickets."""
        for contact in await self.store.contacts_of(tx, text(event, "showtime_id")):
            recipient = await self._recipient(tx, contact)
            values = {
                "movie_title": await self._title(tx, contact, recipient.locale),
                "starts_at_local": local_text(contact, recipient.locale),
                "reason": text(event, "reason"),
            }
            news = News("showtime_cancelled", NotificationKind.SHOWTIME_CANCELLED, values)
            await self.teller.tell(tx, recipient, news, event)

    async def showtime_moved(self, tx: Transaction, event: Envelope) -> None:
        """Tell everybody who has tickets when it is now."""
        showtime_id = text(event, "showtime_id")
        await self.store.move_showtime(tx, showtime_id, moment(event, "starts_at"))
        for contact in await self.store.contacts_of(tx, showtime_id):
            recipient = await self._recipient(tx, contact)
            values = {
                "movie_title": await self._title(tx, contact, recipient.locale),
                "starts_at_local": local_text(contact, recipient.locale),
            }
            news = News("showtime_moved", NotificationKind.GENERIC, values)
            await self.teller.tell(tx, recipient, news, event)

    async def loyalty(self, tx: Transaction, event: Envelope) -> None:
        """Tell of points and tiers in the application only: a mail each would be too many."""
        person = await self.store.find_person(tx, text(event, "user_id"))
        if person is None:
            return
        if event.type == "membership.tier_changed":
            values = {name: tier_name(text(event, name), person.locale) for name in ("tier", "previous")}
            news = News("tier_changed", NotificationKind.TIER_CHANGED, values)
        else:
            values = {"points": str(event.payload.get("points", 0))}
            news = News("points_earned", NotificationKind.POINTS_EARNED, values, by_mail=False)
        await self.teller.tell(tx, _to(person), news, event)

    async def _title(self, tx: Transaction, contact: Contact, locale: Locale) -> str:
        """What the order's film is called in a language, or in general."""
        movie_id = contact.movie_id or await self.store.movie_of(tx, contact.order_id)
        return await self.store.title_of(tx, movie_id, locale) or contact.movie_title

    async def _contact(self, tx: Transaction, event: Envelope) -> Contact:
        contact = await self.store.find_contact(tx, text(event, "order_id"))
        if contact is None:
            raise NotYetKnown(f"{event.type} of {event.payload.get('order_id')} came before its order")
        return contact

    async def _recipient(self, tx: Transaction, contact: Contact) -> Recipient:
        """The account as it is now, or the guest's address."""
        guest = Recipient(None, contact.email, contact.locale)
        return await self._person_or(tx, contact.user_id, guest)

    async def _person_or(self, tx: Transaction, user_id: str | None, guest: Recipient) -> Recipient:
        if user_id is None:
            return guest
        person = await self.store.find_person(tx, user_id)
        if person is None:
            raise NotYetKnown(f"{user_id} did something before we heard of them")
        return _to(person)


def _to(person: Person) -> Recipient:
    if person.is_forgotten:
        return Recipient(None, None, person.locale)
    return Recipient(person.user_id, person.email, person.locale, person.name)


def locale_of(payload: Mapping[str, Any]) -> Locale:
    """The language an event names; Spanish when it names none of ours."""
    try:
        return Locale(str(payload.get("locale", "")).lower())
    except ValueError:
        return Locale.ES


def contact_of(event: Envelope) -> Contact:
    """Whom an order's event names."""
    payload = event.payload
    return Contact(
        order_id=text(event, "order_id"),
        number=text(event, "number"),
        showtime_id=text(event, "showtime_id"),
        movie_title=text(event, "movie_title"),
        user_id=optional_text(event, "user_id"),
        email=optional_text(event, "email"),
        locale=locale_of(payload),
        starts_at=moment(event, "starts_at") if "starts_at" in payload else None,
        time_zone=optional_text(event, "time_zone"),
        movie_id=optional_text(event, "movie_id"),
    )


def local_text(contact: Contact, locale: Locale) -> str:
    """When the showtime starts, in the cinema's own time: `24 nov 2026, 20:30`."""
    if contact.starts_at is None:
        return "—"
    return local_time(contact.starts_at, contact.time_zone or "UTC", locale)


def local_time(at: datetime, time_zone: str, locale: Locale) -> str:
    """A moment by the clock on the cinema's wall: `24 nov 2026, 20:30`."""
    local = at.astimezone(ZoneInfo(time_zone))
    return f"{local.day} {MONTHS[locale][local.month - 1]} {local.year}, {local:%H:%M}"
