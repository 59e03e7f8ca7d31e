"""Delivery: sends the queued messages through their carriers.

A carrier is called outside any transaction, on a message that this process has claimed. When the process dies
in between, the claim ends after 30 seconds and another process sends the message: at least once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Final

from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.telemetry import SubgraphTelemetry
from marquee_subgraphs.notifications.adapters.carrier import Carrier, DeliveryRefused, reason_of
from marquee_subgraphs.notifications.domain.records import Channel, MessageRecord, retry_at
from marquee_subgraphs.notifications.store import NotificationsStore

_AT_ONCE: Final = 4


class Delivery:
    """Sends messages; a round is safe to run in several processes at once."""

    def __init__(
        self,
        backend: Backend,
        store: NotificationsStore,
        carriers: Mapping[Channel, Carrier],
        logger: logging.Logger,
        telemetry: SubgraphTelemetry,
    ) -> None:
        self._backend = backend
        self._store = store
        self._carriers = carriers
        self._logger = logger
        self._telemetry = telemetry
        self._counted = telemetry.families.messages

    async def carry(self) -> None:
        """Send what is due, a few messages at a time.

        A message that fails is due again after a pause, up to five times; one that is refused is not.
        """
        async with self._backend.database.read() as connection:
            if not await self._store.messages.is_anything_due(connection, self._backend.clock.now()):
                return
        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(self._carry_due())

    async def _carry_due(self) -> None:
        while True:
            now = self._backend.clock.now()
            async with self._backend.database.transaction() as tx:
                message = await self._store.messages.claim_due(tx, now)
            if message is None:
                return
            await self._carry_one(message)

    async def _carry_one(self, message: MessageRecord) -> None:
        channel = message.channel.value.lower()
        with self._telemetry.span(f"carry {channel}", "producer", parent=message.trace or "") as span:
            try:
                await self._carriers[message.channel].carry(message)
            except Exception as error:  # noqa: BLE001 - a carrier is another system: whatever it raises is its failure
                # A full mailbox may have room later; an address that does not exist never will.
                refused = isinstance(error, DeliveryRefused)
                again_at = None if refused else retry_at(message.attempts + 1, self._backend.clock.now())
                self._logger.warning("message %s not sent: %s", message.id, type(error).__name__)
                span.fail(type(error).__name__)
                async with self._backend.database.transaction() as tx:
                    await self._store.messages.mark_failed(tx, message, again_at, reason_of(error))
                self._counted.labels(channel, "failed" if again_at else "given_up").inc()
                return
            async with self._backend.database.transaction() as tx:
                await self._store.messages.mark_sent(tx, message.id, self._backend.clock.now())
            self._counted.labels(channel, "sent").inc()
