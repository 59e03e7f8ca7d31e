"""`QueueConsumer`: all partitions of one consumer's queue, shared evenly among the replicas that consume it.

RabbitMQ keeps the first consumer of a queue active while it lives, so the first replica would keep all four
partitions. A replica with more than its share releases one at a time: with two replicas and four partitions
the share is two, and the first replica releases two of its four.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from marquee_subgraphs.kit.events.rabbitmq.partition import Partition
from marquee_subgraphs.kit.events.rabbitmq.timing import Timing

_LOGGER = logging.getLogger(__name__)


class QueueConsumer:
    """Consumes one consumer's queue; a `Subscription`."""

    def __init__(self, queue: str, partitions: Sequence[Partition], timing: Timing) -> None:
        self.queue = queue
        self._partitions = partitions
        self._timing = timing
        self._balancing = asyncio.create_task(self._balance(), name=f"balance-{queue}")

    @property
    def active(self) -> int:
        """The number of partitions that RabbitMQ is known to deliver to this replica."""
        return sum(partition.active for partition in self._partitions)

    @property
    def held(self) -> int:
        """The number of deliveries that are not acknowledged."""
        return sum(partition.held for partition in self._partitions)

    async def waiting(self) -> int | None:
        """Return how many events in the queues are not delivered yet; None when that cannot be known now."""
        total = 0
        for partition in self._partitions:
            count = await partition.waiting()
            if count is None:
                return None
            total += count
        return total

    async def _balance(self) -> None:
        while True:
            await asyncio.sleep(self._timing.rebalance)
            try:
                self._renew()
                await self._share()
            except Exception:  # balancing must never end the consumer
                _LOGGER.exception("the partitions of %s could not be balanced", self.queue)

    def _renew(self) -> None:
        # RabbitMQ closes a channel that holds a delivery for 30 minutes, at a moment of its choice. A handler
        # that waits long for its store is restarted before that.
        now = asyncio.get_running_loop().time()
        for partition in self._partitions:
            since = partition.held_since()
            if since is not None and now - since > self._timing.held_at_most:
                partition.release()

    async def _share(self) -> None:
        replicas = await self._partitions[0].replicas()
        share = -(-len(self._partitions) // max(replicas or 1, 1))
        if self.active > share:
            next(partition for partition in self._partitions if partition.active).release()

    async def close(self) -> None:
        """Stop; events that are being handled have ten seconds to finish, the others return to the queue."""
        self._balancing.cancel()
        await asyncio.gather(self._balancing, return_exceptions=True)
        await asyncio.gather(*(partition.close() for partition in self._partitions))
