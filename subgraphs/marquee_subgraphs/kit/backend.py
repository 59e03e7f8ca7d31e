"""`Backend`: what the use cases of one subgraph work with, opened the same way for each of the nine."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass

from marquee_subgraphs.kit.audit import AuditLog
from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.kit.database import Database, History
from marquee_subgraphs.kit.events import Consumer, Inbox, Outbox, ServiceEvents
from marquee_subgraphs.kit.idempotency import Idempotency
from marquee_subgraphs.kit.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Backend:
    """The SQL store of a subgraph, its clock, and what is written in each transaction beside the change."""

    database: Database
    events: ServiceEvents
    clock: Clock
    audit: AuditLog
    idempotency: Idempotency

    @classmethod
    def of(cls, database: Database, events: ServiceEvents, clock: Clock) -> Backend:
        """Return the backend on an open database."""
        return cls(database, events, clock, AuditLog(clock), Idempotency(clock))

    @property
    def outbox(self) -> Outbox:
        """Takes the events that a transaction publishes."""
        return self.events.outbox

    @property
    def inbox(self) -> Inbox:
        """Knows which events were handled, and the newest version of each aggregate."""
        return self.events.consumer.inbox

    @property
    def consumer(self) -> Consumer:
        """Takes the handlers of the events that the subgraph consumes."""
        return self.events.consumer


async def open_backend(runtime: Runtime, name: str, history: History, stack: AsyncExitStack) -> Backend:
    """Open the store of the subgraph `name`, brought up to date by `history`; `stack` closes it.

    Raises `StoreUnusable`.
    """
    database = await stack.enter_async_context(await runtime.open_database(name, history))
    return Backend.of(database, runtime.events(name, database), runtime.clock)
