"""Live topics: small messages to subscribers, in this process or, by Redis, in all of a subgraph.

`Topics` is the contract, `LocalTopics` keeps it within a process, `RedisTopics` between processes.
"""

from marquee_subgraphs.kit.live.local import LocalTopics
from marquee_subgraphs.kit.live.topics import RESYNC, LiveSubscription, Resync, Topics

__all__ = ["RESYNC", "LiveSubscription", "LocalTopics", "Resync", "Topics"]
