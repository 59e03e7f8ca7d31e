"""The router's cache in a cinema of one process: what is public of films, until events say they changed.

Only with the embedded broker: in RabbitMQ a queue that nobody takes from would grow while the cinema does not
run like this.
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
    """How the router keeps films; off where their events cannot be heard."""
    return Cache(
        enabled=settings.amqp_url is None,
        subgraphs={name: CachedSubgraph(enabled=name == _CACHED) for name in NAMES},
    )


async def hear_of_films(broker: Broker, cache: Invalidation, stack: AsyncExitStack) -> None:
    """Tell the cache of each film that changed, until the stack is left."""

    async def forget(event: Envelope) -> None:
        await cache.invalidate("Movie", {"id": event.aggregate_id})
        await cache.invalidate("Query")  # any list of films, or of what they have, may differ

    subscription = await broker.consume(_QUEUE, _CHANGES, forget)
    stack.push_async_callback(subscription.close)
