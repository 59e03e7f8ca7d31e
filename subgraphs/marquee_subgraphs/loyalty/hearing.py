"""What loyalty hears, and what it does about it. Payloads: `docs/events.md`; unknown fields are passed over.

Each handler runs once per event, with the inbox row and its effect in one transaction.
"""

from __future__ import annotations

from dataclasses import dataclass

from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.events import Consumer, Envelope, Inbox
from marquee_subgraphs.kit.events.payload import moment, money, text
from marquee_subgraphs.loyalty.books import Books, PaidOrder
from marquee_subgraphs.loyalty.events import LoyaltyEvents
from marquee_subgraphs.loyalty.store import LoyaltyStore


@dataclass(frozen=True, slots=True)
class Hearing:
    """The handlers of loyalty."""

    store: LoyaltyStore
    books: Books
    events: LoyaltyEvents
    inbox: Inbox

    def register(self, consumer: Consumer) -> None:
        """Bind every handler to its event types."""
        consumer.on("user.registered")(self.registered)
        consumer.on("user.erasure_requested")(self.erasure)
        consumer.on("showtime.scheduled", "showtime.rescheduled")(self.showtime)
        consumer.on("showtime.cancelled")(self.cancelled)
        consumer.on("payment.captured")(self.captured)
        consumer.on("refund.completed")(self.refunded)
        consumer.on("voucher.used", "voucher.released")(self.voucher)

    async def registered(self, tx: Transaction, event: Envelope) -> None:
        """Keep that there is such a person: staff may give points to those only."""
        await self.store.keep_person(tx, text(event, "user_id"))

    async def erasure(self, tx: Transaction, event: Envelope) -> None:
        """Forget a person and say so."""
        user_id = text(event, "user_id")
        await self.store.forget(tx, user_id)
        await self.events.erased(tx, user_id, event)

    async def showtime(self, tx: Transaction, event: Envelope) -> None:
        """Keep when a showtime starts, as it is now."""
        if not await self.inbox.advance(tx, event):
            return
        values: dict[str, object] = {"starts_at": moment(event, "starts_at")}
        if event.type == "showtime.scheduled":
            values["movie_title"] = text(event, "movie_title")
        await self.store.save_showtime(tx, text(event, "showtime_id"), values)

    async def cancelled(self, tx: Transaction, event: Envelope) -> None:
        """Points of a showtime that is off are never released: its refunds reverse them."""
        await self.inbox.advance(tx, event)
        await self.store.save_showtime(tx, text(event, "showtime_id"), {"cancelled": True})

    async def captured(self, tx: Transaction, event: Envelope) -> None:
        await self.books.earn(tx, paid_order(event), money(event, "amount"), event)

    async def refunded(self, tx: Transaction, event: Envelope) -> None:
        await self.books.refund(tx, paid_order(event), money(event, "refunded_total"), event)

    async def voucher(self, tx: Transaction, event: Envelope) -> None:
        """Keep whether a voucher is used, as it is now."""
        if await self.inbox.advance(tx, event):
            used_at = event.occurred_at if event.type == "voucher.used" else None
            await self.store.set_voucher_used(tx, text(event, "code"), used_at)


def paid_order(event: Envelope) -> PaidOrder:
    """Whose order a payment or refund is of; a guest's names nobody."""
    user_id = event.payload.get("user_id")
    return PaidOrder(
        payment_id=text(event, "payment_id"),
        order_id=text(event, "order_id"),
        user_id=user_id if isinstance(user_id, str) else None,
        showtime_id=text(event, "showtime_id"),
    )
