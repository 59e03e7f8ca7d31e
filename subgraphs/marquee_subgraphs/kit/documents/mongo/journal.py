"""`DocumentJournal`: carries committed writes to MongoDB, then lets SQL forget their bodies.

Each write has a revision that only grows, so repeated, late and concurrent writes are harmless, and several
replicas may run this at once; one also carries what a replica that died left behind. Must never forget a body
before a majority of MongoDB has it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import orjson
from sqlalchemy import bindparam, delete, null, select, update

from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.kit.database import Database, Transaction
from marquee_subgraphs.kit.documents.collection import Collection
from marquee_subgraphs.kit.documents.errors import DocumentsUnavailable
from marquee_subgraphs.kit.documents.mongo.client import MongoClient
from marquee_subgraphs.kit.documents.mongo.form import document_form, index_keys
from marquee_subgraphs.kit.documents.mongo.heads import Head, Heads
from marquee_subgraphs.kit.documents.mongo.tables import HeadTables

_LOGGER = logging.getLogger(__name__)
_BATCH: Final = 200
_LOOK_EVERY_SECONDS: Final = 3.0
_FIRST_PAUSE_SECONDS: Final = 0.1
_LONGEST_PAUSE_SECONDS: Final = 2.0
_DELETED_KEPT: Final = timedelta(days=1)
"""Longer than any write can be under way."""


class DocumentJournal:
    """The writes of one subgraph's collections that MongoDB may lack."""

    def __init__(self, database: Database, tables: HeadTables, client: MongoClient, clock: Clock) -> None:
        self._database = database
        self._tables = tables
        self._client = client
        self._clock = clock
        self._collections: dict[str, tuple[Collection, Heads]] = {}
        self._indexed: set[str] = set()
        self._work = asyncio.Event()
        self._progress = asyncio.Event()
        self._applying = asyncio.Lock()

    def heads_of(self, collection: Collection) -> Heads:
        """Return the heads of a collection; its writes are carried from now on."""
        heads = Heads(self._tables, collection, self._clock)
        self._collections[collection.name] = (collection, heads)
        return heads

    def wake(self) -> None:
        """Wake the journal after a commit."""
        self._work.set()

    async def run(self) -> None:
        """Carry the writes that wait and those that follow, until cancelled; go on after MongoDB was away."""
        pause = _FIRST_PAUSE_SECONDS
        self._work.set()
        while True:
            try:
                # A replica that dies after its commit wakes nobody: the others find its writes by looking.
                async with asyncio.timeout(_LOOK_EVERY_SECONDS):
                    await self._work.wait()
            except TimeoutError:
                pass
            self._work.clear()
            try:
                await self.apply()
                self._progress.set()
                if pause != _FIRST_PAUSE_SECONDS:
                    _LOGGER.warning("MongoDB has every document again")
                pause = _FIRST_PAUSE_SECONDS
            except DocumentsUnavailable as error:
                if pause == _FIRST_PAUSE_SECONDS:
                    _LOGGER.warning("documents wait for MongoDB (MARQUEE_MONGO_URL): %s", error)
                self._work.set()
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    async def apply(self) -> None:
        """Carry every write that was committed before. Raises `DocumentsUnavailable`; the rest stays in
        SQL.
        """
        async with self._applying:
            for collection, heads in self._collections.values():
                await self._index(collection)
                while await self._apply_batch(collection, heads):
                    pass

    async def settled(self) -> None:
        """Return when MongoDB has every committed write. `run` must be running."""
        while True:
            self._progress.clear()
            async with self._database.read() as connection:
                if not any([await heads.pending(connection, 1) for _, heads in self._collections.values()]):
                    return
            await self._progress.wait()

    async def _index(self, collection: Collection) -> None:
        if collection.name not in self._indexed:
            await self._client.ensure_indexes(collection.name, index_keys(collection))
            self._indexed.add(collection.name)

    async def _apply_batch(self, collection: Collection, heads: Heads) -> bool:
        """Carry some writes; return True if there may be more that can be carried now."""
        async with self._database.read() as connection:
            waiting = await heads.pending(connection, _BATCH)
        if not waiting:
            return False
        forms = [
            document_form(collection, head.id, head.revision, head.version, orjson.loads(head.body or "{}"))
            for head in waiting
        ]
        arrived = await self._client.put(collection.name, forms)
        carried = [head for head in waiting if head.id in arrived]
        if carried:
            await self._database.run(lambda transaction: self._settle(transaction, collection, carried))
        return bool(carried) and len(waiting) == _BATCH

    async def _settle(
        self, transaction: Transaction, collection: Collection, carried: Sequence[Head]
    ) -> None:
        """Forget the carried bodies, except of documents that were written again meanwhile."""
        heads = self._tables.heads
        mine = (heads.c.collection == collection.name, heads.c.carried_at.is_(None))
        # Rows that a writer has locked will be newer anyway; waiting for them could end in a deadlock.
        free = await transaction.execute(
            select(heads.c.document_id, heads.c.revision)
            .where(*mine, heads.c.document_id.in_([head.id for head in carried]))
            .with_for_update(skip_locked=True)
        )
        current = {row.document_id: row.revision for row in free}
        settled = [head for head in carried if current.get(head.id) == head.revision]
        if settled:
            await transaction.execute(
                update(heads)
                .where(*mine, heads.c.document_id == bindparam("id"), heads.c.revision == bindparam("at"))
                .values(carried_at=self._clock.now(), body=null()),
                [{"id": head.id, "at": head.revision} for head in settled],
            )

    async def forget_deleted(self) -> None:
        """Remove what documents left behind that were deleted over a day ago: first in MongoDB, then in
        SQL.
        """
        heads = self._tables.heads
        before = self._clock.now() - _DELETED_KEPT
        old = (heads.c.version.is_(None), heads.c.carried_at.is_not(None), heads.c.changed_at < before)
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(heads.c.collection, heads.c.document_id, heads.c.revision).where(*old).limit(_BATCH)
            )
        for row in rows:
            await self._client.remove(row.collection, row.document_id, row.revision)
            async with self._database.transaction(durable=False) as transaction:
                await transaction.execute(
                    delete(heads).where(
                        *old,
                        heads.c.collection == row.collection,
                        heads.c.document_id == row.document_id,
                        heads.c.revision == row.revision,
                    )
                )
