"""A process that answers on `pong` what it hears on `ping`, until it hears None."""

from __future__ import annotations

import asyncio
import sys

from marquee_subgraphs.kit.live import RESYNC
from marquee_subgraphs.kit.redis_parts import open_redis


async def echo(url: str, prefix: str) -> None:
    """Say "ready" once its own subscription is confirmed."""
    async with open_redis(url, prefix) as parts:
        topics = parts.topics("tickets")
        async with topics.subscribe("ping") as heard:
            assert await anext(heard) is RESYNC
            topics.publish("pong", "ready")
            async for message in heard:
                if message is None:
                    return
                if message is not RESYNC:
                    topics.publish("pong", message)


if __name__ == "__main__":
    asyncio.run(echo(*sys.argv[1:3]))
