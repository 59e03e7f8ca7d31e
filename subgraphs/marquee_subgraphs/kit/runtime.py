"""What every subgraph is given by the composition root: settings, clock, broker, verified identities.

Has no state of any subgraph. One `Runtime` serves all nine in one process, or one alone; the code that opens
its parts closes them.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from marquee_foundation.rates.buckets import MemoryBuckets
from marquee_subgraphs.kit.cache import Cache, Codec, MemoryCache
from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.kit.database import Database, History
from marquee_subgraphs.kit.documents import Documents, DocumentTables, open_documents
from marquee_subgraphs.kit.events import Broker, ServiceEvents
from marquee_subgraphs.kit.identity import IdentityVerifier
from marquee_subgraphs.kit.live import LocalTopics, Topics
from marquee_subgraphs.kit.pace import Pace
from marquee_subgraphs.kit.settings import Settings
from marquee_subgraphs.kit.telemetry import Telemetry

if TYPE_CHECKING:
    from marquee_subgraphs.kit.redis_parts import RedisParts

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Runtime:
    """The parts that a subgraph is built on."""

    settings: Settings
    clock: Clock
    broker: Broker
    identity: IdentityVerifier
    telemetry: Telemetry = field(default_factory=Telemetry)
    redis: RedisParts | None = None
    """The parts that several processes share; None keeps them in this process."""

    def logger(self, subgraph: str) -> logging.Logger:
        """Return the subgraph's logger."""
        return logging.getLogger(f"marquee.{subgraph}")

    async def open_database(self, subgraph: str, history: History) -> Database:
        """Return the subgraph's own SQL store, brought up to date as the settings say. The caller closes it.

        Raises `StoreUnusable`.
        """
        return await Database.open(
            self.settings.database_url(subgraph),
            history,
            migrate=self.settings.migrate,
            pool_size=self.settings.postgres_pool_size,
            observer=self.telemetry.of(subgraph),
        )

    async def open_documents(self, subgraph: str, database: Database, *tables: DocumentTables) -> Documents:
        """Open the subgraph's documents: in its SQL store, or in MongoDB beside it. The caller closes them.

        Raises `DocumentsElsewhere` when they are in MongoDB and its address is not set.
        """
        return await open_documents(self.settings, self.clock, subgraph, database, tables)

    def topics(self, subgraph: str) -> Topics[Any]:
        """Return the topics by which the subgraph's live subscriptions are fed. The caller closes them."""
        return LocalTopics[Any]() if self.redis is None else self.redis.topics(subgraph)

    def cache(self, subgraph: str, name: str, codec: Codec[V], topics: Topics[Any]) -> Cache[V]:
        """Return a cache of the subgraph's store; `topics` announce its changes. The caller closes it."""
        return MemoryCache() if self.redis is None else self.redis.cache(subgraph, name, codec, topics)

    def pace(self, subgraph: str) -> Pace:
        """Return the rates of the subgraph."""
        return Pace(MemoryBuckets()) if self.redis is None else self.redis.pace(subgraph)

    def events(self, subgraph: str, database: Database) -> ServiceEvents:
        """Return the subgraph's outbox, relay and consumer over the broker. `Subgraph` starts and
        closes them.
        """
        telemetry = self.telemetry.of(subgraph)
        return ServiceEvents(subgraph, database, self.broker, self.clock, telemetry)
