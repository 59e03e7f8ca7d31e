"""`Database`: opens a subgraph's store, opens transactions and reads on it, counts statements, closes it.

Must never decide anything about tables: each subgraph brings the `History` of its own, and the kit's is
added.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
    nullcontext,
)
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from sqlalchemy import URL, MetaData, make_url
from sqlalchemy import Connection as SyncConnection
from sqlalchemy.exc import DBAPIError

from marquee_subgraphs.kit.database.connection import Connection, Transaction
from marquee_subgraphs.kit.database.errors import NestedTransaction
from marquee_subgraphs.kit.database.migrations import HISTORY as KIT_HISTORY
from marquee_subgraphs.kit.database.observer import DatabaseObserver
from marquee_subgraphs.kit.database.sqlite import SqliteBackend
from marquee_subgraphs.kit.database.sqlstates import is_retriable
from marquee_subgraphs.kit.database.statements import StatementCounter, StatementListener, TimedRead
from marquee_subgraphs.kit.database.upgrade import (
    History,
    Migrate,
    Standing,
    bring_up_to_date,
    one_at_a_time,
    pending_error,
    read_standings,
)

T = TypeVar("T")
_UNRECORDED: Final = nullcontext()
_LONGEST_STATEMENTS = 4_000
"""Characters of SQL in one span."""
_RETRY_PAUSE_SECONDS = 0.01


class _Backend(Protocol):
    @property
    def dialect(self) -> str: ...
    def transaction(self, durable: bool) -> AbstractAsyncContextManager[Transaction]: ...
    def read(self, heavy: bool) -> AbstractAsyncContextManager[Connection]: ...
    def data_version(self) -> int: ...
    def in_use(self) -> tuple[int, int | None]: ...
    async def look(self, work: Callable[[SyncConnection], T]) -> T: ...
    async def change_schema(self, work: Callable[[SyncConnection], T]) -> T: ...
    async def close(self) -> None: ...


class Database:
    """The store of one subgraph."""

    def __init__(
        self, backend: _Backend, statements: StatementListener, observer: DatabaseObserver | None = None
    ) -> None:
        self._backend = backend
        self._statements = statements
        self._observer = observer
        self.dialect = backend.dialect
        self.standings: tuple[Standing, ...] = ()
        """Where the store stood in each history when it was opened, before it was brought up to date."""
        self._writing: set[asyncio.Task[Any] | None] = set()

    @classmethod
    async def open(
        cls,
        url: str,
        *tables: History | MetaData,
        pool_size: int = 5,
        kit_tables: bool = True,
        migrate: Migrate = "auto",
        observer: DatabaseObserver | None = None,
    ) -> Database:
        """Open `sqlite:///path` or `postgresql+asyncpg://…/name` and bring its tables up to date.

        A bare `MetaData` is created where it is missing and never changed. The kit's tables (outbox, inbox,
        idempotency keys, audit log) are kept too, unless `kit_tables` is False. `migrate="check"` changes
        nothing. Raises `StoreUnusable`.
        """
        parsed = make_url(url)
        statements = StatementListener()
        backend = await _open_backend(parsed, statements, pool_size, create=migrate == "auto")
        histories = [KIT_HISTORY] if kit_tables else []
        histories += [each for each in tables if isinstance(each, History)]
        try:
            database = cls(backend, statements, observer)
            database.standings = await _prepare(backend, histories, migrate, str(parsed.database))
            loose = [each for each in tables if isinstance(each, MetaData)]
            if loose and migrate == "auto":
                await backend.change_schema(lambda connection: _create(connection, loose))
        except BaseException:
            await backend.close()
            raise
        return database

    async def __aenter__(self) -> Database:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def transaction(self, *, durable: bool = True) -> AbstractAsyncContextManager[Transaction]:
        """Open a transaction: it commits when the block ends and rolls back when it raises.

        `durable=False` is for bookkeeping that can be redone: the write survives the end of the process, but
        maybe not a power failure, and needs no flush to disk. Raises `NestedTransaction` when this task has a
        transaction open.
        """
        return self._watched(durable)

    @asynccontextmanager
    async def _watched(self, durable: bool) -> AsyncIterator[Transaction]:
        task = asyncio.current_task()
        # On SQLite the task would wait for the only writer, which it holds itself: a deadlock with itself.
        if task in self._writing:
            raise NestedTransaction(
                "this task has a transaction open on the same database; pass it on instead"
            )
        observer = self._observer
        started = time.perf_counter()
        committed = False
        try:
            with self._span("SQL write"):
                async with self._backend.transaction(durable) as transaction:
                    self._writing.add(task)
                    try:
                        yield transaction
                    finally:
                        self._writing.discard(task)
            committed = True
        finally:
            if observer is not None:
                observer.wrote(time.perf_counter() - started, committed=committed)

    def read(self, *, heavy: bool = False) -> AbstractAsyncContextManager[Connection]:
        """Read from one snapshot. `heavy` is for scans of many rows, which must not block the event loop."""
        observer = self._observer
        if observer is None:
            return self._backend.read(heavy)
        if observer.traces:
            return self._recorded_read(heavy, observer.read_seconds)
        return TimedRead(self._backend.read(heavy), observer.read_seconds)

    @asynccontextmanager
    async def _recorded_read(
        self, heavy: bool, read_seconds: Callable[[float], None]
    ) -> AsyncIterator[Connection]:
        with self._span("SQL read"):
            async with TimedRead(self._backend.read(heavy), read_seconds) as connection:
                yield connection

    def _span(self, name: str) -> AbstractContextManager[None]:
        observer = self._observer
        return self._recorded(name, observer) if observer and observer.traces else _UNRECORDED

    @contextmanager
    def _recorded(self, name: str, observer: DatabaseObserver) -> Iterator[None]:
        """Open a span with the text of its statements: placeholders, never values."""
        with (
            observer.span(name, "client", db__system__name=self.dialect) as span,
            self.count_statements() as counter,
        ):
            try:
                yield
            finally:
                text = ";\n".join(counter.statements)[:_LONGEST_STATEMENTS]
                span.note(db__query__text=text, db__operation__batch__size=counter.count)

    async def run(self, work: Callable[[Transaction], Awaitable[T]], *, attempts: int = 5) -> T:
        """Run `work` in a transaction; run it again when it lost a deadlock or a serialisation race."""
        for attempt in range(1, attempts + 1):
            try:
                async with self.transaction() as transaction:
                    return await work(transaction)
            except DBAPIError as error:
                if attempt == attempts or not is_retriable(error):
                    raise
            await asyncio.sleep(_RETRY_PAUSE_SECONDS * attempt * (0.5 + random.random()))  # noqa: S311 - jitter
        raise AssertionError("unreachable: the last attempt returns or raises")

    @contextmanager
    def count_statements(self) -> Iterator[StatementCounter]:
        """Count the statements executed by the block and the tasks it starts; not those of relays and
        sweepers, which run beside it.
        """
        counter = StatementCounter()
        token = self._statements.counters.set((*self._statements.counters.get(), counter))
        try:
            yield counter
        finally:
            self._statements.counters.reset(token)

    def connections(self) -> tuple[int, int | None]:
        """Return how many connections are in use, and how many may be; None means without limit."""
        return self._backend.in_use()

    def data_version(self) -> int:
        """Return a number that changes when any process has written to the SQLite file; always 0 on
        PostgreSQL.
        """
        return self._backend.data_version()

    async def close(self) -> None:
        """Finish the commits under way and close every connection."""
        await self._backend.close()


async def _open_backend(url: URL, statements: StatementListener, pool_size: int, *, create: bool) -> _Backend:
    if url.get_backend_name() == "sqlite":
        if not url.database:
            raise ValueError(f"a SQLite URL names a file, as sqlite:///users.sqlite, got {url}")
        return SqliteBackend(Path(url.database), statements, create=create)
    # Imported here: SQLAlchemy's asyncio takes 0.3 s to load, which the embedded cinema need not pay.
    from marquee_subgraphs.kit.database.postgres import PostgresBackend

    return await PostgresBackend.open(url, statements, pool_size, create=create)


async def _prepare(
    backend: _Backend, histories: Sequence[History], migrate: Migrate, store: str
) -> tuple[Standing, ...]:
    """Look first without a lock: nearly always there is nothing to do."""
    standings = await backend.look(lambda connection: read_standings(connection, histories))
    if any(each.is_pending for each in standings):
        if migrate == "check":
            raise pending_error(store, standings)
        async with one_at_a_time():
            standings = await backend.change_schema(
                lambda connection: bring_up_to_date(connection, histories)
            )
    return tuple(standings)


def _create(connection: SyncConnection, loose: Sequence[MetaData]) -> None:
    for metadata in loose:
        metadata.create_all(connection)
