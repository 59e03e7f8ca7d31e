"""One loader: collects the keys asked for in one turn of the event loop, loads them together, hands each
its own answer.

Each caller waits on a future of its own, so a cancelled caller never cancels another that asked for the
same key (GraphQL executors cancel siblings when a non-null field fails). Never kept beyond its request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from typing import Generic, TypeAlias, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

BatchLoad: TypeAlias = Callable[[Sequence[K]], Awaitable[Mapping[K, V | Exception]]]
"""Loads distinct keys at once. An absent key means "there is none"; an exception as a value fails that key
alone.
"""

DEFAULT_MAX_BATCH_SIZE = 500
"""Bound parameters per statement stay far below SQLite's 32,766 and PostgreSQL's 32,767."""


class _Entry(Generic[V]):
    """One key: pending with its waiters, or done with a value or an error."""

    __slots__ = ("done", "error", "value", "waiters")

    def __init__(self) -> None:
        self.done = False
        self.value: V | None = None
        self.error: Exception | None = None
        self.waiters: list[asyncio.Future[V | None]] = []

    def answer(self, future: asyncio.Future[V | None]) -> None:
        if future.done():  # its caller was cancelled
            return
        if self.error is not None:
            future.set_exception(self.error)
        else:
            future.set_result(self.value)

    def settle(self, outcome: V | Exception | None) -> None:
        self.done = True
        if isinstance(outcome, Exception):
            self.error = outcome
        else:
            self.value = outcome
        waiters, self.waiters = self.waiters, []
        for future in waiters:
            self.answer(future)


class DataLoader(Generic[K, V]):
    """Loads by key in batches, each key at most once, for the life of one request on one event loop."""

    __slots__ = ("_entries", "_load_batch", "_max_batch_size", "_pending", "_running")

    def __init__(self, load_batch: BatchLoad[K, V], *, max_batch_size: int = DEFAULT_MAX_BATCH_SIZE) -> None:
        if max_batch_size < 1:
            raise ValueError("max_batch_size must be at least 1")
        self._load_batch = load_batch
        self._max_batch_size = max_batch_size
        self._entries: dict[K, _Entry[V]] = {}
        self._pending: list[K] = []
        self._running: set[asyncio.Task[None]] = set()

    def load(self, key: K) -> asyncio.Future[V | None]:
        """Promise the value of `key`, or None when there is none.

        Raises, when awaited, what the batch function gave for this key, or what it raised for the whole
        batch.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[V | None] = loop.create_future()
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = _Entry()
            if not self._pending:
                loop.call_soon(self._start)
            self._pending.append(key)
        if entry.done:
            entry.answer(future)
        else:
            entry.waiters.append(future)
        return future

    async def load_many(self, keys: Iterable[K]) -> list[V | None]:
        """Load several keys in one batch; the answers stand in the order of `keys`, duplicates included."""
        return list(await asyncio.gather(*[self.load(key) for key in keys]))

    def prime(self, key: K, value: V) -> None:
        """Give `key` a value that is known already; a key loaded or asked for before keeps its own."""
        if key not in self._entries:
            entry = self._entries[key] = _Entry()
            entry.settle(value)

    def forget(self, key: K) -> None:
        """Load `key` afresh next time, as after a mutation that changed it."""
        entry = self._entries.get(key)
        if entry is not None and entry.done:
            del self._entries[key]

    def _start(self) -> None:
        # A task starts one turn later: resolvers that were woken by the same turn still join this batch.
        task = asyncio.get_running_loop().create_task(self._run())
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _run(self) -> None:
        keys, self._pending = self._pending, []
        wanted: list[K] = []
        for key in keys:
            if all(future.cancelled() for future in self._entries[key].waiters):
                del self._entries[key]
            else:
                wanted.append(key)
        size = self._max_batch_size
        chunks = [wanted[start : start + size] for start in range(0, len(wanted), size)]
        if len(chunks) == 1:
            await self._load_chunk(chunks[0])
        elif chunks:
            async with asyncio.TaskGroup() as group:
                for chunk in chunks:
                    group.create_task(self._load_chunk(chunk))

    async def _load_chunk(self, keys: list[K]) -> None:
        entries = self._entries
        try:
            found = await self._load_batch(keys)
            for key in keys:
                entries[key].settle(found.get(key))
        except Exception as error:  # noqa: BLE001  # it belongs to the callers: each receives it
            for key in keys:
                if not entries[key].done:
                    entries[key].settle(error)
        except BaseException:
            # The loop is closing or the task was cancelled: nobody may wait for ever.
            for key in keys:
                for future in entries[key].waiters:
                    future.cancel()
            raise
