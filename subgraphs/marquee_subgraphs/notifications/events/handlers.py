"""What notifications does about the events that it consumes: it writes down facts, or notifies people.

Each handler runs in one transaction with the inbox row, so exactly once: the notification, the queued mail
and the inbox row commit together.
"""

from __future__ import annotations

from dataclasses import dataclass

from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.events import Envelope
from marquee_subgraphs.notifications.domain.records import NotificationKind
from marquee_subgraphs.notifications.domain.translations import local_time, role_name, tier_name
from marquee_subgraphs.notifications.events import consumed
from marquee_subgraphs.notifications.service import NotificationService
from marquee_subgraphs.notifications.service.notifier import News
from marquee_subgraphs.notifications.service.recipients import Recipient, recipient_of
from marquee_subgraphs.notifications.store import NotificationsStore

_Ended = consumed.OrderExpired | consumed.OrderFailed | consumed.OrderCancelled


@dataclass(frozen=True, slots=True)
class NotificationHandlers:
    """The handlers of notifications."""

    backend: Backend
    store: NotificationsStore
    service: NotificationService

    def register(self) -> None:
        """Have the consumer call each handler for its events."""
        consumer = self.backend.consumer
        consumer.on(consumed.UserRegistered, self.on_user_registered)
        consumer.on(consumed.UserUpdated, self.on_user_updated)
        consumer.on(consumed.UserRoleChanged, self.on_user_role_changed)
        consumer.on(consumed.UserErasureRequested, self.on_user_erasure_requested)
        consumer.on(consumed.MovieChanged, self.on_movie_changed)
        consumer.on(consumed.OrderPlaced, self.on_order_placed)
        consumer.on(consumed.OrderConfirmed, self.on_order_confirmed)
        consumer.on(consumed.OrderExpired, self.on_order_expired)
        consumer.on(consumed.OrderFailed, self.on_order_failed)
        consumer.on(consumed.OrderCancelled, self.on_order_cancelled)
        consumer.on(consumed.OrderSaleRefused, self.on_order_sale_refused)
        consumer.on(consumed.TicketReseated, self.on_ticket_reseated)
        consumer.on(consumed.WaitlistOffered, self.on_waitlist_offered)
        consumer.on(consumed.RefundCompleted, self.on_refund_completed)
        consumer.on(consumed.RefundFailed, self.on_refund_failed)
        consumer.on(consumed.ShowtimeCancelled, self.on_showtime_cancelled)
        consumer.on(consumed.ShowtimeRescheduled, self.on_showtime_rescheduled)
        consumer.on(consumed.PointsEarned, self.on_points_earned)
        consumer.on(consumed.TierChanged, self.on_tier_changed)

    async def on_user_registered(
        self, tx: Transaction, event: consumed.UserRegistered, envelope: Envelope
    ) -> None:
        """Remember a person and welcome them."""
        person = event.person()
        await self.store.people.save(tx, person)
        news = News("welcome", NotificationKind.WELCOME, {"name": person.name})
        await self.service.notifier.notify(tx, recipient_of(person), news, envelope)

    async def on_user_updated(self, tx: Transaction, event: consumed.UserUpdated, _: Envelope) -> None:
        """Remember how to reach a person now."""
        await self.store.people.save(tx, event.person())

    async def on_user_role_changed(
        self, tx: Transaction, event: consumed.UserRoleChanged, envelope: Envelope
    ) -> None:
        """Notify a person of their new role."""
        person = await self.store.people.find(tx, event.user_id)
        if person is not None:
            values = {"role": role_name(event.role, person.locale)}
            news = News("role_changed", NotificationKind.GENERIC, values)
            await self.service.notifier.notify(tx, recipient_of(person), news, envelope)

    async def on_user_erasure_requested(
        self, tx: Transaction, event: consumed.UserErasureRequested, envelope: Envelope
    ) -> None:
        """Forget the person and publish the receipt."""
        await self.service.inbox.erase(tx, event.user_id, cause=envelope)

    async def on_movie_changed(self, tx: Transaction, event: consumed.MovieChanged, _: Envelope) -> None:
        """Remember the titles of a film, so that each person reads it in their language."""
        await self.store.films.save(tx, event.movie_id, event.titles or {})

    async def on_order_placed(self, tx: Transaction, event: consumed.OrderPlaced, _: Envelope) -> None:
        """Remember whom to notify about the order; nobody is notified yet."""
        await self.store.contacts.save(tx, event.contact(), confirmed=False)

    async def on_order_confirmed(
        self, tx: Transaction, event: consumed.OrderConfirmed, envelope: Envelope
    ) -> None:
        """Send the tickets."""
        contact = event.contact()
        await self.store.contacts.save(tx, contact, confirmed=True)
        recipient = await self.service.recipients.of_contact(tx, contact)
        codes = [ticket.code() for ticket in event.tickets]
        values = {
            "movie_title": await self.service.recipients.title(tx, contact, recipient.locale),
            "cinema_name": event.cinema_name,
            "starts_at_local": contact.starts_at_text(recipient.locale),
            "number": contact.number,
            "seats": ", ".join(code.seat for code in codes),
            "total": str(event.total),
        }
        link = f"/orders/{contact.order_id}"
        news = News("order_confirmed", NotificationKind.ORDER_CONFIRMED, values, link, codes)
        await self.service.notifier.notify(tx, recipient, news, envelope)

    async def on_order_expired(
        self, tx: Transaction, event: consumed.OrderExpired, envelope: Envelope
    ) -> None:
        """Notify that nobody paid in time."""
        await self._end_order(tx, event)
        await self._notify_of_order(
            tx, event, News("order_expired", NotificationKind.ORDER_EXPIRED, {}), envelope
        )

    async def on_order_failed(self, tx: Transaction, event: consumed.OrderFailed, envelope: Envelope) -> None:
        """Notify that the seats were lost."""
        await self._end_order(tx, event)
        await self._notify_of_order(
            tx, event, News("order_failed", NotificationKind.ORDER_FAILED, {}), envelope
        )

    async def on_order_cancelled(self, tx: Transaction, event: consumed.OrderCancelled, _: Envelope) -> None:
        """Remember the end; the customer cancelled it and is notified of the refund, if there is one."""
        await self._end_order(tx, event)

    async def _end_order(self, tx: Transaction, event: _Ended) -> None:
        await self.store.contacts.save(tx, event.contact(), confirmed=False)
        await self.store.contacts.unconfirm(tx, event.order_id)

    async def _notify_of_order(self, tx: Transaction, event: _Ended, news: News, envelope: Envelope) -> None:
        contact = event.contact()
        recipient = await self.service.recipients.of_contact(tx, contact)
        title = await self.service.recipients.title(tx, contact, recipient.locale)
        values = {"number": contact.number, "movie_title": title}
        await self.service.notifier.notify(tx, recipient, News(news.template, news.kind, values), envelope)

    async def on_order_sale_refused(
        self, tx: Transaction, event: consumed.OrderSaleRefused, envelope: Envelope
    ) -> None:
        """Notify a customer whose payment came too late."""
        # A customer whose seats were lost is notified by `order.failed`; two messages would be too many.
        if not event.reason.startswith("ORDER_"):
            return
        contact = await self.service.recipients.contact(tx, event.order_id)
        recipient = await self.service.recipients.of_contact(tx, contact)
        news = News("sale_refused", NotificationKind.ORDER_FAILED, {})
        await self.service.notifier.notify(tx, recipient, news, envelope)

    async def on_ticket_reseated(
        self, tx: Transaction, event: consumed.TicketReseated, envelope: Envelope
    ) -> None:
        """Send the ticket's new code; the old one opens no door any more."""
        contact = event.contact()
        recipient = await self.service.recipients.of_contact(tx, contact)
        ticket = consumed.SoldTicket(
            ticket_id=event.ticket_id, seat_label=event.seat_label, qr_code=event.qr_code
        )
        values = {
            "movie_title": await self.service.recipients.title(tx, contact, recipient.locale),
            "starts_at_local": contact.starts_at_text(recipient.locale),
            "number": contact.number,
            "seat": event.seat_label,
            "previous_seat": event.previous_seat_label,
        }
        link = f"/orders/{contact.order_id}"
        news = News("ticket_reseated", NotificationKind.GENERIC, values, link, [ticket.code()])
        await self.service.notifier.notify(tx, recipient, news, envelope)

    async def on_waitlist_offered(
        self, tx: Transaction, event: consumed.WaitlistOffered, envelope: Envelope
    ) -> None:
        """Notify somebody of the seats that are held for them, with the link to buy them."""
        guest = Recipient(None, event.email, event.spoken())
        recipient = await self.service.recipients.of_user(tx, event.user_id, guest)
        locale, zone = recipient.locale, event.time_zone
        title = await self.store.films.title(tx, event.movie_id, locale)
        values = {
            "movie_title": title or event.movie_title,
            "cinema_name": event.cinema_name,
            "starts_at_local": local_time(event.starts_at, zone, locale),
            "seats": ", ".join(event.seat_labels),
            "until_local": local_time(event.expires_at, zone, locale),
        }
        link = f"/showtimes/{event.showtime_id}/hold/{event.hold_token}"
        news = News("seats_offered", NotificationKind.SEATS_OFFERED, values, link)
        await self.service.notifier.notify(tx, recipient, news, envelope)

    async def on_refund_completed(
        self, tx: Transaction, event: consumed.RefundCompleted, envelope: Envelope
    ) -> None:
        """Notify that money is on its way back."""
        contact = await self.service.recipients.contact(tx, event.order_id)
        if event.whole:
            await self.store.contacts.unconfirm(tx, contact.order_id)
        recipient = await self.service.recipients.of_contact(tx, contact)
        values = {
            "number": contact.number,
            "movie_title": await self.service.recipients.title(tx, contact, recipient.locale),
            "amount": str(event.amount),
        }
        news = News("refund_completed", NotificationKind.REFUND_COMPLETED, values)
        await self.service.notifier.notify(tx, recipient, news, envelope)

    async def on_refund_failed(
        self, tx: Transaction, event: consumed.RefundFailed, envelope: Envelope
    ) -> None:
        """Notify that the bank did not take a refund."""
        contact = await self.service.recipients.contact(tx, event.order_id)
        recipient = await self.service.recipients.of_contact(tx, contact)
        title = await self.service.recipients.title(tx, contact, recipient.locale)
        values = {"number": contact.number, "movie_title": title}
        news = News("refund_failed", NotificationKind.GENERIC, values)
        await self.service.notifier.notify(tx, recipient, news, envelope)

    async def on_showtime_cancelled(
        self, tx: Transaction, event: consumed.ShowtimeCancelled, envelope: Envelope
    ) -> None:
        """Notify everybody who has tickets."""
        for contact in await self.store.contacts.of_showtime(tx, event.showtime_id):
            recipient = await self.service.recipients.of_contact(tx, contact)
            values = {
                "movie_title": await self.service.recipients.title(tx, contact, recipient.locale),
                "starts_at_local": contact.starts_at_text(recipient.locale),
                "reason": event.reason,
            }
            news = News("showtime_cancelled", NotificationKind.SHOWTIME_CANCELLED, values)
            await self.service.notifier.notify(tx, recipient, news, envelope)

    async def on_showtime_rescheduled(
        self, tx: Transaction, event: consumed.ShowtimeRescheduled, envelope: Envelope
    ) -> None:
        """Notify everybody who has tickets of the new time."""
        await self.store.contacts.move_showtime(tx, event.showtime_id, event.starts_at)
        for contact in await self.store.contacts.of_showtime(tx, event.showtime_id):
            recipient = await self.service.recipients.of_contact(tx, contact)
            values = {
                "movie_title": await self.service.recipients.title(tx, contact, recipient.locale),
                "starts_at_local": contact.starts_at_text(recipient.locale),
            }
            news = News("showtime_moved", NotificationKind.GENERIC, values)
            await self.service.notifier.notify(tx, recipient, news, envelope)

    async def on_points_earned(
        self, tx: Transaction, event: consumed.PointsEarned, envelope: Envelope
    ) -> None:
        """Notify of points in the application only: a mail for each payment would be too many."""
        person = await self.store.people.find(tx, event.user_id)
        if person is not None:
            values = {"points": str(event.points)}
            news = News("points_earned", NotificationKind.POINTS_EARNED, values, by_mail=False)
            await self.service.notifier.notify(tx, recipient_of(person), news, envelope)

    async def on_tier_changed(self, tx: Transaction, event: consumed.TierChanged, envelope: Envelope) -> None:
        """Notify a member of their new tier."""
        person = await self.store.people.find(tx, event.user_id)
        if person is not None:
            values = {
                "tier": tier_name(event.tier, person.locale),
                "previous": tier_name(event.previous, person.locale),
            }
            news = News("tier_changed", NotificationKind.TIER_CHANGED, values)
            await self.service.notifier.notify(tx, recipient_of(person), news, envelope)
