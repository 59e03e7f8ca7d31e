"""Sends the bank's webhooks to the merchant: signed, at least once, in any order, some of them twice.

Each is sent again until the merchant answers 2xx, after pauses of 1 s, 2 s, 4 s … 5 min. The disorder is on
purpose: Stripe promises no order either, and the merchant must not depend on one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from marquee_subgraphs.payments.adapters.simulator.store import BankStore, Webhook
from marquee_subgraphs.payments.adapters.simulator.wire import sign

_LOGGER = logging.getLogger(__name__)
_TWICE_SHARE: Final = 0.1
_MOST_RETRY_SECONDS: Final = 300
_IDLE_SECONDS: Final = 5.0

Deliver: TypeAlias = Callable[[bytes, str], Awaitable[int]]
"""Sends body and signature to the merchant; returns the status. Raises `OSError`, `TimeoutError`."""


class WebhookSender:
    """Sends the webhooks that are due."""

    __slots__ = ("_deliver", "_now", "_random", "_secret", "_store", "_task", "_wake")

    def __init__(
        self, store: BankStore, secret: str, deliver: Deliver | None, now: Callable[[], int]
    ) -> None:
        self._store = store
        self._secret = secret
        self._deliver = deliver
        self._now = now
        self._random = random.Random()  # noqa: S311  # disorder, not secrecy
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to send in the background."""
        if self._deliver is not None and self._task is None:
            self._task = asyncio.create_task(self._run(), name="bank-webhooks")

    async def stop(self) -> None:
        """Stop sending; undelivered webhooks stay in the store."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    def wake(self) -> None:
        """Look for due webhooks now."""
        self._wake.set()

    async def deliver_due(self, *, twice: bool = False, reverse: bool = False) -> int:
        """Send what is due, each `twice` or newest first if asked for; return how many arrived."""
        due = self._store.due_webhooks()
        if reverse:
            due.reverse()
        return sum([await self._send(webhook, twice=twice) for webhook in due])

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            due = self._store.due_webhooks()
            self._random.shuffle(due)
            for webhook in due:
                await self._send(webhook, twice=self._random.random() < _TWICE_SHARE)
            # Not `wait_for`: on Python 3.11 it can swallow a cancellation that comes with a wake-up, and then
            # `stop` would wait for ever.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_IDLE_SECONDS):
                    await self._wake.wait()

    async def _send(self, webhook: Webhook, *, twice: bool) -> bool:
        delivered = False
        for _ in range(2 if twice else 1):
            delivered = await self._try(webhook) or delivered
        retry_seconds = min(2**webhook.attempts, _MOST_RETRY_SECONDS)
        self._store.settle_webhook(webhook, delivered=delivered, retry_seconds=retry_seconds)
        return delivered

    async def _try(self, webhook: Webhook) -> bool:
        if self._deliver is None:
            return False
        try:
            status = await self._deliver(webhook.body, sign(webhook.body, self._secret, self._now()))
        except (OSError, TimeoutError) as error:
            _LOGGER.info("a webhook did not arrive: %s", type(error).__name__)
            return False
        return 200 <= status < 300
