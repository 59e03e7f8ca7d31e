"""The provider's webhooks, sent by HTTP or by the simulated bank in this process: verified, then followed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from marquee_subgraphs.payments.adapters.provider import (
    Notice,
    PaymentProvider,
    ProviderFault,
    WebhookRejected,
)

MOST_BYTES: Final = 512 * 1024
"""Stripe's events are far smaller."""


class Webhooks:
    """Verifies webhooks and hands on what they are about.

    Made before the provider, because the simulated bank sends its webhooks here from its start; until `open`
    it answers 503, and the sender tries again.
    """

    __slots__ = ("_follow", "_provider")

    def __init__(self) -> None:
        self._provider: PaymentProvider | None = None
        self._follow: Callable[[Notice], Awaitable[None]] | None = None

    def open(self, provider: PaymentProvider, follow: Callable[[Notice], Awaitable[None]]) -> None:
        """Begin to take webhooks: `provider` verifies them, `follow` acts on them."""
        self._provider, self._follow = provider, follow

    async def deliver(self, body: bytes, signature: str | None) -> int:
        """Take one webhook; return the HTTP status.

        200 taken, 400 not signed by the provider, 413 too large, 503 send it again.
        """
        if self._provider is None or self._follow is None:
            return HTTPStatus.SERVICE_UNAVAILABLE
        if len(body) > MOST_BYTES:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        try:
            notice = self._provider.read_webhook(body, signature)
        except WebhookRejected:
            return HTTPStatus.BAD_REQUEST
        try:
            await self._follow(notice)
        except ProviderFault:
            return HTTPStatus.SERVICE_UNAVAILABLE
        return HTTPStatus.OK

    def route(self) -> Route:
        """Return the HTTP route that a provider elsewhere posts to: `POST /webhooks/stripe`."""

        async def endpoint(request: Request) -> Response:
            status = await self.deliver(await request.body(), request.headers.get("stripe-signature"))
            return JSONResponse({"received": status == HTTPStatus.OK}, status)

        return Route("/webhooks/stripe", endpoint, methods=["POST"])
