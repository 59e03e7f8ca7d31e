"""Takes the provider's webhooks, by HTTP or from the bank in this process: verified, then followed by
asking.
"""

from __future__ import annotations

from http import HTTPStatus

from marquee_subgraphs.payments.adapters.provider import PaymentProvider, ProviderFault, WebhookRejected
from marquee_subgraphs.payments.service.reconciliation import Reconciliation

MOST_BYTES = 512 * 1024
"""Stripe's events are far smaller."""


class Webhooks:
    """Answers a status: 200 taken, 400 not the provider's, 413 too large, 503 send it again."""

    __slots__ = ("_provider", "_upkeep")

    def __init__(self) -> None:
        self._provider: PaymentProvider | None = None
        self._upkeep: Reconciliation | None = None

    def open(self, provider: PaymentProvider, reconciliation: Reconciliation) -> None:
        """Begin to take them."""
        self._provider, self._upkeep = provider, reconciliation

    async def deliver(self, body: bytes, signature: str | None) -> int:
        """Take one."""
        if self._provider is None or self._upkeep is None:
            return HTTPStatus.SERVICE_UNAVAILABLE
        if len(body) > MOST_BYTES:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        try:
            notice = self._provider.read_webhook(body, signature)
        except WebhookRejected:
            return HTTPStatus.BAD_REQUEST
        try:
            await self._upkeep.handle_notice(notice)
        except ProviderFault:
            return HTTPStatus.SERVICE_UNAVAILABLE
        return HTTPStatus.OK
