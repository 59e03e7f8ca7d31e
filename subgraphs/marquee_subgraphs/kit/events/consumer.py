"""`Consumer`: a subgraph's handlers by event type, each run with its inbox row in one transaction.

Must never call another service inside that transaction; `on_outside_transaction` is for handlers that must.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Protocol, TypeVar

from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.events.broker import EventHandler
from marquee_subgraphs.kit.events.envelope import Envelope
from marquee_subgraphs.kit.events.inbox import Inbox
from marquee_subgraphs.kit.events.observer import UNOBSERVED, EventObserver
from marquee_subgraphs.kit.events.records import C, decoder
from marquee_subgraphs.kit.trace import work_for

T = TypeVar("T")
TransactionHandler = Callable[[Transaction, Envelope], Awaitable[None]]


class TransactionRunner(Protocol):
    """Runs work in a transaction, as `Database` does."""

    async def run(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run `work` in a transaction; run it again when the transaction lost a race."""
        ...


class Consumer:
    """The events that one subgraph consumes."""

    def __init__(
        self,
        database: TransactionRunner,
        service: str,
        clock: Clock | None = None,
        observer: EventObserver = UNOBSERVED,
    ) -> None:
        self._database = database
        self._observer = observer
        self.queue = service
        self.inbox = Inbox(service, clock)
        self._handlers: dict[str, TransactionHandler] = {}
        self._outside: dict[str, EventHandler] = {}

    @property
    def types(self) -> Collection[str]:
        """The event types that have a handler."""
        return frozenset(self._handlers) | frozenset(self._outside)

    def on(self, record: type[C], handler: Callable[[Transaction, C, Envelope], Awaitable[None]]) -> None:
        """Have `handler(tx, event, envelope)` take the events of `record`, exactly once each.

        Its writes and the inbox row commit together. An event that `record` cannot read is poison.
        """
        decode = decoder(record)

        async def take(tx: Transaction, envelope: Envelope) -> None:
            await handler(tx, decode(envelope), envelope)

        for event_type in record.TYPES:
            self._refuse_second(event_type)
            self._handlers[event_type] = take

    def on_outside_transaction(
        self, record: type[C], handler: Callable[[C, Envelope], Awaitable[None]]
    ) -> None:
        """Have `handler(event, envelope)` take the events of `record`, at least once each.

        For a handler that must ask another service; it must be idempotent by `envelope.id`.
        """
        decode = decoder(record)

        async def take(envelope: Envelope) -> None:
            await handler(decode(envelope), envelope)

        for event_type in record.TYPES:
            self._refuse_second(event_type)
            self._outside[event_type] = take

    def _refuse_second(self, event_type: str) -> None:
        if event_type in self._handlers or event_type in self._outside:
            raise ValueError(f"{self.queue} has two handlers for {event_type}")

    async def __call__(self, event: Envelope) -> None:
        """Handle one event: a consumer is the handler of its queue."""
        await self.handle(event)

    def died(self, event: Envelope) -> None:
        """Report a delivery that was given up."""
        self._observer.died(event)

    async def handle(self, event: Envelope) -> None:
        """Handle one event in its own trace; an unknown type, or an event handled before, has no effect."""
        with (
            work_for(correlation_id=event.correlation_id, operation=event.type),
            self._observer.handling(event),
        ):
            if event.type in self._outside:
                await self._outside[event.type](event)
            elif event.type in self._handlers:
                await self._database.run(lambda transaction: self._take(transaction, event))

    async def _take(self, transaction: Transaction, event: Envelope) -> None:
        # The inbox row is the first write: of two deliveries of one event at once, the second waits here for
        # the first to commit, then finds the row and does nothing.
        if await self.inbox.record(transaction, event):
            await self._handlers[event.type](transaction, event)
