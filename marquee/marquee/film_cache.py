"""The router's cache of films in a cinema of one process: events of `movies` invalidate it.

Only with the embedded broker. On RabbitMQ the queue of this process would grow while no such process runs.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Final

from marquee.subgraphs import NAMES
from marquee_router.caching.cache import Invalidation
from marquee_router.config.model import Cache, CachedSubgraph
from marquee_subgraphs.kit.events import Envelope
from marquee_subgraphs.kit.events.broker import Broker
from marquee_subgraphs.kit.settings import Settings

_QUEUE: Final = "router"
_CHANGES: Final = frozenset({"movie.created", "movie.updated", "movie.archived"})
_CACHED: Final = "movies"


def film_cache(settings: Settings) -> Cache:
    """The cache settings: only `movies` is cached, and only with the embedded broker."""
    return Cache(
        enabled=settings.amqp_url is None,
        subgraphs={name: CachedSubgraph(enabled=name == _CACHED) for name in NAMES},
    )


async def invalidate_on_changes(broker: Broker, cache: Invalidation, stack: AsyncExitStack) -> None:
    """Invalidate each film that changes, until the stack is closed."""

    async def forget(event: Envelope) -> None:
        await cache.invalidate("Movie", {"id": event.aggregate_id})
        await cache.invalidate("Query")  # any list of films, or of their parts, may have changed

    subscription = await broker.consume(_QUEUE, _CHANGES, forget)
    stack.push_async_callback(subscription.close)
