"""`MeasuredProvider`: times and counts the calls of another provider and adds them to the current trace.

Must never record what is sent or answered.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable
from typing import TypeVar

from marquee_subgraphs.kit.money import Money
from marquee_subgraphs.kit.telemetry import SubgraphTelemetry
from marquee_subgraphs.payments.adapters.provider import (
    AuthorizationRequest,
    Notice,
    PaymentProvider,
    ProviderRefused,
    ProviderUnanswered,
    RefundReceipt,
)
from marquee_subgraphs.payments.domain.intent import Intent

T = TypeVar("T")


class MeasuredProvider:
    """Implements `PaymentProvider` over another."""

    def __init__(self, inner: PaymentProvider, telemetry: SubgraphTelemetry) -> None:
        self._inner = inner
        self._telemetry = telemetry
        self._seconds = telemetry.families.provider_seconds

    async def authorize(self, request: AuthorizationRequest) -> Intent:
        return await self._call("authorize", self._inner.authorize(request))

    async def forestall(self, request: AuthorizationRequest) -> Intent | None:
        return await self._call("forestall", self._inner.forestall(request))

    async def find(self, payment_id: str) -> Intent | None:
        return await self._call("find", self._inner.find(payment_id))

    async def retrieve(self, provider_id: str) -> Intent:
        return await self._call("retrieve", self._inner.retrieve(provider_id))

    async def capture(self, payment_id: str, provider_id: str) -> Intent:
        return await self._call("capture", self._inner.capture(payment_id, provider_id))

    async def cancel(self, payment_id: str, provider_id: str) -> Intent:
        return await self._call("cancel", self._inner.cancel(payment_id, provider_id))

    async def refund(self, refund_id: str, provider_id: str, amount: Money) -> RefundReceipt:
        return await self._call("refund", self._inner.refund(refund_id, provider_id, amount))

    async def retrieve_refund(self, provider_refund_id: str) -> RefundReceipt:
        return await self._call("retrieve_refund", self._inner.retrieve_refund(provider_refund_id))

    def read_webhook(self, body: bytes, signature: str | None) -> Notice:
        return self._inner.read_webhook(body, signature)

    async def close(self) -> None:
        await self._inner.close()

    async def _call(self, name: str, answer: Awaitable[T]) -> T:
        started = time.perf_counter()
        outcome = "fault"
        try:
            with self._telemetry.span(f"provider {name}", "client"):
                result = await answer
            outcome = "ok"
            return result
        except ProviderRefused:
            outcome = "refused"
            raise
        except ProviderUnanswered:
            outcome = "unanswered"
            raise
        finally:
            self._seconds.labels(name, outcome).observe(time.perf_counter() - started)
