"""Redis as a help that nothing depends on: `RedisServer` asks it with a deadline, `ChannelListener` receives
what is published. Needs the extra `redis`.
"""

from marquee_foundation.redis.listener import ChannelListener, ChannelReceiver
from marquee_foundation.redis.server import (
    BACKGROUND_SECONDS,
    FAILURES,
    Client,
    RedisServer,
    RedisUnavailable,
    reason_of,
)

__all__ = [
    "BACKGROUND_SECONDS",
    "FAILURES",
    "ChannelListener",
    "ChannelReceiver",
    "Client",
    "RedisServer",
    "RedisUnavailable",
    "reason_of",
]
