"""`Cache`: the contract of every cache. A cache must never be the only place where a value is kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

V = TypeVar("V")

Compute: TypeAlias = Callable[[Sequence[str]], Awaitable[Mapping[str, V]]]
"""Asks the store for these keys in one request. A key that is missing from the answer does not exist."""


class Cache(Protocol[V]):
    """Values by key, none older than a small time to live."""

    async def get_many(self, keys: Sequence[str], compute: Compute[V]) -> dict[str, V]:
        """Return the values of the keys that exist; call `compute` for those that are not kept.

        Each key is computed once at a time, however many callers ask for it. An error of `compute` is raised
        in all of them and not kept.
        """
        ...

    def delete(self, keys: Collection[str]) -> None:
        """Forget these keys, which have changed in the store. Never waits, never raises."""
        ...

    def clear(self) -> None:
        """Forget everything: any value may have changed in the store. Never waits, never raises."""
        ...

    async def close(self) -> None:
        """Stop the background tasks."""
        ...


@dataclass(frozen=True)
class Codec(Generic[V]):
    """How a value is written as JSON and read back. What is read equals what was written."""

    encode: Callable[[V], Any]
    decode: Callable[[Any], V]
