"""The gauges of one app: values that are read when metrics are scraped, and cost nothing before."""

from __future__ import annotations

from marquee_router.app.shared_parts import SharedParts
from marquee_router.caching.caching_exchange import CacheCounts
from marquee_router.transport.endpoint import GraphQLEndpoint
from marquee_router.transport.service import GraphQLService


def publish_gauges(shared: SharedParts, service: GraphQLService, endpoint: GraphQLEndpoint) -> None:
    """Publish the number of sockets, subscriptions, known operations and cache lookups."""
    broadcast, sockets, watch = service.broadcast, endpoint.sockets, shared.metrics.watch
    counts = shared.cache.counts if shared.cache is not None else CacheCounts()
    watch("router_websockets", "Open sockets.", lambda: sockets.sockets)
    watch("router_upstreams", "Open subscriptions to subgraphs.", lambda: broadcast.upstreams)
    watch("router_listeners", "Client subscriptions.", lambda: broadcast.listeners)
    watch(
        "router_operations_known",
        "Operations that need no preparation.",
        lambda: service.engine.operations_cached()[0],
    )
    watch(
        "router_operations_bytes",
        "Memory of the operations known, estimated.",
        lambda: service.engine.operations_cached()[1],
    )
    watch("router_running", "Operations being executed.", service.running)
    watch("router_cache_hits", "Entities and replies from the cache.", lambda: counts.hits)
    watch("router_cache_misses", "Those not in it, asked for.", lambda: counts.misses)
