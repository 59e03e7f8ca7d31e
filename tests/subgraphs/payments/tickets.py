"""A stand-in for tickets on the same broker: places orders, sells seats for authorised payments,
approves refunds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.kit.database import Database, Transaction
from marquee_subgraphs.kit.events import Broker, ConsumedEvent, Envelope, PublishedEvent, ServiceEvents
from marquee_subgraphs.kit.ids import new_id


@dataclass(frozen=True, slots=True)
class Heard(ConsumedEvent):
    """Any event of payments; the test reads its payload from the envelope."""

    TYPES = (
        "payment.started",
        "payment.authorized",
        "payment.captured",
        "payment.failed",
        "payment.voided",
        "refund.requested",
        "refund.completed",
        "refund.failed",
        "user.erased",
    )


class Said(PublishedEvent):
    """Any event of tickets, well formed or not."""

    def __init__(self, name: str, payload: dict[str, Any]) -> None:
        self.TYPE = name  # type: ignore[misc]  # the test chooses the type
        self._payload = payload

    def to_payload(self) -> dict[str, Any]:
        return self._payload


class Tickets:
    """Says what tickets says, and remembers what it heard."""

    def __init__(self, database: Database, events: ServiceEvents, clock: Clock) -> None:
        self.database = database
        self.events = events
        self.clock = clock
        self.heard: list[Envelope] = []
        self.sells = True
        """Whether the seats are still there when a payment is authorised."""
        self.answers = True
        """Whether an authorised payment and a requested refund are answered at all."""
        self.approves = True
        self._orders: dict[str, dict[str, Any]] = {}
        self._news = asyncio.Event()
        self.events.consumer.on(Heard, self._hear)

    @classmethod
    async def open(cls, path: Path, broker: Broker, clock: Clock) -> Tickets:
        """Open its own store and listen."""
        database = await Database.open(f"sqlite:///{path}")
        tickets = cls(database, ServiceEvents("tickets", database, broker, clock), clock)
        await tickets.events.start()
        return tickets

    async def close(self) -> None:
        """Stop listening."""
        await self.events.close()
        await self.database.close()

    async def place(
        self,
        order_id: str | None = None,
        *,
        user_id: str | None = "usr_1",
        minor: int = 4800,
        cinema_id: str = "cin_1",
        minutes: float = 10,
    ) -> str:
        """Say `order.placed`; answers the order's id."""
        now = self.clock.now()
        order_id = order_id or new_id("ord", now)
        self._orders[order_id] = {
            "order_id": order_id,
            "number": order_id[-6:],
            "user_id": user_id,
            "locale": "es",
            "showtime_id": "sht_1",
            "movie_id": "mov_1",
            "movie_title": "Metropolis",
            "cinema_id": cinema_id,
            "cinema_name": "Lima",
            "total": {"minor": minor, "currency": "PEN"},
            "expires_at": (now + timedelta(minutes=minutes)).isoformat(),
            "seat_labels": ["C7", "C8"],
        }
        await self.say("order.placed", order_id, self._orders[order_id])
        return order_id

    async def confirm(self, order_id: str, payment_id: str) -> None:
        """Say that the seats are sold."""
        await self.say("order.confirmed", order_id, self._orders[order_id] | {"payment_id": payment_id})

    async def close_order(self, order_id: str, name: str = "order.expired", **more: Any) -> None:
        """Say that the order is over."""
        await self.say(name, order_id, {"order_id": order_id} | more)

    async def say(self, name: str, aggregate_id: str, payload: dict[str, Any]) -> None:
        """Say something."""
        async with self.database.transaction() as tx:
            await self.events.outbox.add(tx, Said(name, payload), aggregate_id=aggregate_id)

    async def hears(self, name: str, where: Callable[[dict[str, Any]], bool] | None = None) -> dict[str, Any]:
        """Wait until an event of this name was heard; answers the payload of the first."""
        async with asyncio.timeout(5):
            while True:
                self._news.clear()
                for event in self.heard:
                    if event.type == name and (where is None or where(event.payload)):
                        return event.payload
                await self._news.wait()

    def names(self, order_id: str | None = None) -> list[str]:
        """The names of what was heard, of one order or of all."""
        return [
            event.type for event in self.heard if order_id is None or event.payload["order_id"] == order_id
        ]

    async def _hear(self, tx: Transaction, _: Heard, event: Envelope) -> None:
        add = self.events.outbox.add
        payload = event.payload
        order_id = payload.get("order_id", "")
        if event.type == "payment.authorized" and self.answers:
            name = "order.confirmed" if self.sells else "order.sale_refused"
            said = self._orders[order_id] | {"payment_id": payload["payment_id"], "reason": "seats lost"}
            await add(tx, Said(name, said), aggregate_id=order_id, cause=event)
        if event.type == "refund.requested" and self.answers:
            name = "refund.approved" if self.approves else "refund.rejected"
            said = payload | {"ticket_ids": ["tkt_1", "tkt_2"]}
            await add(tx, Said(name, said), aggregate_id=order_id, cause=event)
        tx.after_commit(lambda: self._remember(event))

    def _remember(self, event: Envelope) -> None:
        self.heard.append(event)
        self._news.set()
