"""`Cache`: the contract of every cache. Must never be the only place where a thing is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

V = TypeVar("V")

Compute: TypeAlias = Callable[[Sequence[str]], Awaitable[Mapping[str, V]]]
"""Asks the store for these keys, in one request; what it leaves out does not exist."""


class Cache(Protocol[V]):
    """Values by key, none older than a small time to live."""

    async def get_many(self, keys: Sequence[str], compute: Compute[V]) -> dict[str, V]:
        """The values of those keys that exist; `compute` is asked for what is not kept.

        Each key is computed once at a time, however many ask; its error is theirs, not kept.
        """
        ...

    def delete(self, keys: Collection[str]) -> None:
        """These have changed in the store. Never waits, never raises."""
        ...

    def clear(self) -> None:
        """Anything may have changed in the store. Never waits, never raises."""
        ...

    async def close(self) -> None:
        """Stop what runs in the background."""
        ...


@dataclass(frozen=True)
class Codec(Generic[V]):
    """How a value is written as JSON and read back; read values equal written ones."""

    encode: Callable[[V], Any]
    decode: Callable[[Any], V]
