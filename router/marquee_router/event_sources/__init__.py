"""Subscription fields fed by a broker: a field is bound to a topic, and each event is resolved by entities.

`EventSource` is the seam: `LocalEvents` within one process and `RedisEvents` implement it, and so may others.
"""

from marquee_router.event_sources.feeds import EventFeeds
from marquee_router.event_sources.local import LocalEvents
from marquee_router.event_sources.source import GAP, EventSource, Gap

__all__ = ["GAP", "EventFeeds", "EventSource", "Gap", "LocalEvents"]
