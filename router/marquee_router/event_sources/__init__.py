"""Subscription fields fed by a broker: a field is bound to a topic, and each event names an entity to
resolve.

`EventSource` is the protocol of a broker; `LocalEvents` (one process) and `RedisEvents` implement it.
"""

from marquee_router.event_sources.feeds import EventFeeds
from marquee_router.event_sources.local import LocalEvents
from marquee_router.event_sources.source import GAP, EventSource, Gap

__all__ = ["GAP", "EventFeeds", "EventSource", "Gap", "LocalEvents"]
