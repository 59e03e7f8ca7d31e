"""`QueueConsumer`: all partitions of one consumer's queue, shared fairly among the replicas that consume it.

RabbitMQ keeps the first consumer of a queue active while it lives, so the first replica would keep every
partition: those with more than their share let go of one at a time, for the replica that waits behind.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from marquee_subgraphs.kit.events.rabbitmq.pace import Pace
from marquee_subgraphs.kit.events.rabbitmq.partition import Partition

_LOGGER = logging.getLogger(__name__)


class QueueConsumer:
    """A consumer's queue being consumed; a `Subscription`."""

    def __init__(self, queue: str, partitions: Sequence[Partition], pace: Pace) -> None:
        self.queue = queue
        self._partitions = partitions
        self._pace = pace
        self._tending = asyncio.create_task(self._tend(), name=f"tend-{queue}")

    @property
    def active(self) -> int:
        """How many partitions are known to be delivered to this replica."""
        return sum(partition.active for partition in self._partitions)

    @property
    def held(self) -> int:
        """How many deliveries are not acknowledged."""
        return sum(partition.held for partition in self._partitions)

    async def waiting(self) -> int | None:
        """How many events are in the queues, not delivered yet; None when that cannot be known now."""
        total = 0
        for partition in self._partitions:
            count = await partition.waiting()
            if count is None:
                return None
            total += count
        return total

    async def _tend(self) -> None:
        while True:
            await asyncio.sleep(self._pace.tend)
            try:
                self._renew()
                await self._share()
            except Exception:  # tending must never end the consumer
                _LOGGER.exception("the partitions of %s could not be tended", self.queue)

    def _renew(self) -> None:
        now = asyncio.get_running_loop().time()
        for partition in self._partitions:
            since = partition.held_since()
            if since is not None and now - since > self._pace.held_at_most:
                partition.release()

    async def _share(self) -> None:
        replicas = await self._partitions[0].replicas()
        share = -(-len(self._partitions) // max(replicas or 1, 1))
        if self.active > share:
            next(partition for partition in self._partitions if partition.active).release()

    async def close(self) -> None:
        """Stop; events being handled get some seconds to finish, the rest goes back to the queue."""
        self._tending.cancel()
        await asyncio.gather(self._tending, return_exceptions=True)
        await asyncio.gather(*(partition.close() for partition in self._partitions))
