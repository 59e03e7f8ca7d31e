"""`MemoryCache`: values kept in this process; the least recently used are dropped first.

Keys that do not exist are remembered apart, for a shorter time and in a smaller space: a client that asks for
a thousand invented ids pushes no film out. Must never keep a value whose computation began before a `delete`
of its key.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final, Generic, TypeAlias, TypeVar

from marquee_foundation.lru import LeastRecentlyUsed
from marquee_subgraphs.kit.cache.cache import Compute

V = TypeVar("V")
_Flight: TypeAlias = "asyncio.Task[Mapping[str, V]]"

_LONGEST_KEY: Final = 200


class MemoryCache(Generic[V]):
    """At most `capacity` values for `ttl_seconds`, and a quarter as many absent keys for a second."""

    def __init__(
        self,
        *,
        capacity: int = 2_000,
        ttl_seconds: float = 5.0,
        absent_ttl_seconds: float = 1.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ttl_seconds = ttl_seconds
        self._absent_ttl_seconds = absent_ttl_seconds
        self._now = now
        self._values: LeastRecentlyUsed[str, tuple[V, float]] = LeastRecentlyUsed(capacity)
        self._absent: LeastRecentlyUsed[str, float] = LeastRecentlyUsed(capacity // 4)
        self._flights: dict[str, _Flight[V]] = {}
        self._tasks: set[_Flight[V]] = set()

    async def get_many(self, keys: Sequence[str], compute: Compute[V]) -> dict[str, V]:
        """Return the values of the keys that exist; call `compute` for those that are not kept."""
        found: dict[str, V] = {}
        missing: list[str] = []
        now = self._now()
        for key in keys:
            kept = self._values.get(key)
            if kept is not None and kept[1] > now:
                found[key] = kept[0]
            elif (self._absent.get(key) or 0.0) <= now:
                missing.append(key)
        if missing:
            found.update(await self._computed(missing, compute))
        return found

    def delete(self, keys: Collection[str]) -> None:
        """Forget these keys; what is being computed for them now is not kept."""
        for key in keys:
            self._values.pop(key)
            self._absent.pop(key)
            self._flights.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        self._values.clear()
        self._absent.clear()
        self._flights.clear()

    async def close(self) -> None:
        """Cancel the computations under way, and with them the callers that wait for them."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _computed(self, keys: Sequence[str], compute: Compute[V]) -> dict[str, V]:
        """Return what `compute` answers for each key; callers that ask for a key meanwhile wait for the
        first.
        """
        own = [key for key in dict.fromkeys(keys) if key not in self._flights]
        flights = {self._flights[key] for key in keys if key in self._flights}
        if own:
            flights.add(self._start(own, compute))
        found: dict[str, V] = {}
        for flight in flights:
            # Shielded: a caller that is cancelled must not cancel the computation that others wait for.
            answer = await asyncio.shield(flight)
            found.update({key: answer[key] for key in keys if key in answer})
        return found

    def _start(self, keys: Sequence[str], compute: Compute[V]) -> _Flight[V]:
        async def fly() -> Mapping[str, V]:
            return await compute(keys)

        def land(flight: _Flight[V]) -> None:
            self._tasks.discard(flight)
            answer = None if flight.cancelled() or flight.exception() is not None else flight.result()
            for key in keys:
                # `delete` removed the flight, or a later one replaced it: its answer may be older than the
                # change. Example: the computation reads title "A", the store changes to "B", `delete`, and
                # only then "A" arrives.
                if self._flights.get(key) is flight:
                    del self._flights[key]
                    if answer is not None and len(key) <= _LONGEST_KEY:
                        self._keep(key, answer)

        task: _Flight[V] = asyncio.create_task(fly(), name="cache: compute")
        self._tasks.add(task)
        self._flights.update(dict.fromkeys(keys, task))
        task.add_done_callback(land)
        return task

    def _keep(self, key: str, answer: Mapping[str, V]) -> None:
        now = self._now()
        if key in answer:
            self._values.put(key, (answer[key], now + self._ttl_seconds))
        else:
            self._absent.put(key, now + self._absent_ttl_seconds)
