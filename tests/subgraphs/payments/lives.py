"""Payments as a process that dies and starts again on the same files, and a provider in which it dies."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import stripe

from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.clock import FrozenClock
from marquee_subgraphs.kit.database import Database
from marquee_subgraphs.kit.events import EmbeddedBroker, ServiceEvents
from marquee_subgraphs.kit.live import LocalTopics
from marquee_subgraphs.kit.money import Money
from marquee_subgraphs.payments.adapters.factory import OpenProvider
from marquee_subgraphs.payments.adapters.methods import PaymentMethods
from marquee_subgraphs.payments.adapters.provider import (
    AuthorizationRequest,
    Notice,
    PaymentProvider,
    RefundReceipt,
)
from marquee_subgraphs.payments.adapters.webhooks import Webhooks
from marquee_subgraphs.payments.domain.intent import Intent
from marquee_subgraphs.payments.domain.timing import Timing
from marquee_subgraphs.payments.events.handlers import PaymentHandlers
from marquee_subgraphs.payments.migrations import HISTORY
from marquee_subgraphs.payments.service import PaymentService, Resources
from marquee_subgraphs.payments.service.work_queue import WorkQueue
from marquee_subgraphs.payments.store import PaymentsStore
from tests.subgraphs.payments.adapters.bank import Bank, open_bank

Moment = Literal["before", "after"]


class Tripwire:
    """A provider in which the process dies: at one call, before it reaches the bank or after the bank
    has acted.
    """

    def __init__(self, provider: PaymentProvider, call: str, moment: Moment) -> None:
        self._provider = provider
        self._call = call
        self._moment = moment
        self.reached = asyncio.Event()

    async def _at(self, call: str, moment: Moment) -> None:
        if (call, moment) == (self._call, self._moment):
            self.reached.set()
            await asyncio.Event().wait()

    async def authorize(self, request: AuthorizationRequest) -> Intent:
        await self._at("authorize", "before")
        intent = await self._provider.authorize(request)
        await self._at("authorize", "after")
        return intent

    async def forestall(self, request: AuthorizationRequest) -> Intent | None:
        return await self._provider.forestall(request)

    async def find(self, payment_id: str) -> Intent | None:
        return await self._provider.find(payment_id)

    async def retrieve(self, provider_id: str) -> Intent:
        return await self._provider.retrieve(provider_id)

    async def capture(self, payment_id: str, provider_id: str) -> Intent:
        await self._at("capture", "before")
        intent = await self._provider.capture(payment_id, provider_id)
        await self._at("capture", "after")
        return intent

    async def cancel(self, payment_id: str, provider_id: str) -> Intent:
        await self._at("cancel", "before")
        intent = await self._provider.cancel(payment_id, provider_id)
        await self._at("cancel", "after")
        return intent

    async def refund(self, refund_id: str, provider_id: str, amount: Money) -> RefundReceipt:
        await self._at("refund", "before")
        receipt = await self._provider.refund(refund_id, provider_id, amount)
        await self._at("refund", "after")
        return receipt

    async def retrieve_refund(self, provider_refund_id: str) -> RefundReceipt:
        return await self._provider.retrieve_refund(provider_refund_id)

    def read_webhook(self, body: bytes, signature: str | None) -> Notice:
        return self._provider.read_webhook(body, signature)

    async def close(self) -> None:
        await self._provider.close()


@dataclass(frozen=True, slots=True)
class Life:
    """One life of the process."""

    service: PaymentService
    bank: Bank
    bank_file: Path
    webhooks: Webhooks
    tripwire: Tripwire | None
    stack: AsyncExitStack

    async def die(self) -> None:
        """Drop everything where it is; nothing more is asked or written."""
        await self.stack.aclose()


async def start_life(
    folder: Path,
    broker: EmbeddedBroker,
    clock: FrozenClock,
    timing: Timing,
    *,
    dies_at: tuple[str, Moment] | None = None,
    store_url: str | None = None,
    listens: bool = True,
    through: Callable[[stripe.HTTPClient], stripe.HTTPClient] = lambda client: client,
) -> Life:
    """Start the process on the files in `folder`; with `dies_at` it gets stuck in that call to the
    provider. A replica that does not listen leaves the events to the others.
    """
    stack = AsyncExitStack()
    store_url = store_url or f"sqlite:///{folder / 'payments.sqlite'}"
    database = await stack.enter_async_context(await Database.open(store_url, HISTORY))
    bank = open_bank(folder / "bank.sqlite", through=through)
    stack.push_async_callback(bank.simulator.close)
    tripwire = None if dies_at is None else Tripwire(bank.provider, *dies_at)
    backend = Backend.of(database, ServiceEvents("payments", database, broker, clock), clock)
    topics: LocalTopics[None] = LocalTopics()
    stack.push_async_callback(topics.close)
    logger = logging.getLogger("test.payments")
    methods = PaymentMethods(simulated=True, shows_test_cards=True)
    service = PaymentService.of(
        Resources(
            backend=backend,
            store=PaymentsStore(),
            opened=OpenProvider(tripwire or bank.provider, methods, bank.simulator),
            topics=topics,
            timing=timing,
            logger=logger,
            return_url="http://cinema.test/bank/done",
            payment_work=WorkQueue(logger),
            refund_work=WorkQueue(logger),
        )
    )
    PaymentHandlers(backend, service).register()
    stack.push_async_callback(service.close)
    stack.push_async_callback(backend.events.close)
    if listens:
        await backend.events.start()
    webhooks = Webhooks()
    webhooks.open(bank.provider, service.reconciliation.handle_notice)
    return Life(service, bank, folder / "bank.sqlite", webhooks, tripwire, stack)
