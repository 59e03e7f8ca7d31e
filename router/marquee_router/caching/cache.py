"""`SubgraphCache`: the cache of subgraph replies, and its invalidation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from marquee_router.caching.caching_exchange import CachingExchange, SharedCache
from marquee_router.caching.field_policies import FieldPolicies
from marquee_router.caching.hints import read_hints
from marquee_router.caching.observed_replies import ObservedExchange
from marquee_router.caching.operation_analysis import Analysis, Marks, of_any, of_entity, of_subgraph, of_type
from marquee_router.caching.store import MemoryStore, Store
from marquee_router.config.model import Cache
from marquee_router.execution.exchange import Exchange
from marquee_router.execution.subgraph import SubgraphTransport
from marquee_schema.supergraph import Supergraph


class Invalidation(Protocol):
    """Invalidates a cache: after a call returns, nothing that it names is served from the cache."""

    async def invalidate(self, type_name: str, key: Mapping[str, Any] | None = None) -> None:
        """Invalidate the entity with this key, or every entity of the type, and every reply that contains
        one.

        `key` has the fields of one `@key`, for example `{"id": "7"}`; none of them may be an object.
        """
        ...

    async def invalidate_subgraph(self, name: str) -> None:
        """Invalidate every reply of a subgraph."""
        ...


class SubgraphCache:
    """Implements `Invalidation`; `unshared` as in `SharedCache`."""

    def __init__(self, settings: Cache, *, store: Store | None = None, unshared: frozenset[str]) -> None:
        self._settings = settings
        self.store: Store = store if store is not None else _open(settings)
        self._shared = SharedCache(self.store, unshared)
        self.counts = self._shared.counts

    @classmethod
    def of(cls, settings: Cache, *, unshared: frozenset[str]) -> SubgraphCache | None:
        """The cache of these settings; None if it is off."""
        return cls(settings, unshared=unshared) if settings.enabled else None

    def exchanges(
        self, supergraph: Supergraph, transports: Mapping[str, SubgraphTransport]
    ) -> dict[str, Exchange]:
        """An exchange with each subgraph; it caches if the settings say so."""
        fields = FieldPolicies(supergraph, read_hints(supergraph))
        return {
            name: self._exchange(name, transport, supergraph, fields)
            for name, transport in transports.items()
        }

    def _exchange(
        self, name: str, transport: SubgraphTransport, supergraph: Supergraph, fields: FieldPolicies
    ) -> Exchange:
        rule = self._settings.of(name)
        if not rule.enabled:
            return ObservedExchange(name, transport)
        return CachingExchange(
            name,
            transport,
            self._shared,
            Analysis(supergraph, fields, name, rule.ttl_seconds),
            Marks(supergraph, name),
        )

    async def invalidate(self, type_name: str, key: Mapping[str, Any] | None = None) -> None:
        """As `Invalidation.invalidate`."""
        narrow = of_type(type_name) if key is None else of_entity(type_name, key)
        await self.store.mark([of_any(type_name), narrow])

    async def invalidate_subgraph(self, name: str) -> None:
        """As `Invalidation.invalidate_subgraph`."""
        await self.store.mark([of_subgraph(name)])

    async def aclose(self) -> None:
        """Close connections."""
        await self.store.aclose()


def _open(settings: Cache) -> Store:
    if settings.redis_url is None:
        return MemoryStore(settings.max_bytes)
    from marquee_router.caching.redis_store import RedisStore  # it takes its time to load

    return RedisStore(settings.redis_url.get_secret_value(), settings.redis_prefix)
