"""The simulated bank as a Starlette application.

It runs inside the cinema's process or alone behind HTTP; its store survives the restart of either.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from marquee_subgraphs.payments.adapters.simulator.api import BankApi
from marquee_subgraphs.payments.adapters.simulator.store import Answer, BankStore, new_id
from marquee_subgraphs.payments.adapters.simulator.three_d_secure import three_d_secure_routes
from marquee_subgraphs.payments.adapters.simulator.webhooks import Deliver, WebhookSender
from marquee_subgraphs.payments.adapters.simulator.wire import ApiError, Form, read_form

SIMULATED_KEY: Final = "sk_test_simulated"
_LOST_ANSWER_SECONDS: Final = 120.0
"""Longer than any client waits: the bank has acted, and its answer never arrives."""

Act = Callable[[BankApi, Request, Form], Answer]


class SimulatedBank:
    """Opens the store, serves the API and the 3-D Secure page, sends webhooks."""

    def __init__(
        self,
        path: Path,
        *,
        public_url: str,
        webhook_secret: str,
        deliver: Deliver | None = None,
        api_key: str = SIMULATED_KEY,
        now: Callable[[], int] = lambda: int(time.time()),
    ) -> None:
        self.path = path
        self.store = BankStore(path, now)
        self.sender = WebhookSender(self.store, webhook_secret, deliver, now)
        self._api = BankApi(self.store, public_url)
        self._api_key = api_key
        self.app = Starlette(
            routes=[
                Route("/health", _health),
                Route("/ready", _health),
                Route("/v1/payment_intents", self._doing(_create_intent), methods=["POST"]),
                Route("/v1/payment_intents", self._doing(_list), methods=["GET"]),
                Route("/v1/payment_intents/search", self._doing(_search), methods=["GET"]),
                Route("/v1/payment_intents/{id}", self._doing(_read_intent), methods=["GET"]),
                Route("/v1/payment_intents/{id}/confirm", self._doing(_confirm), methods=["POST"]),
                Route("/v1/payment_intents/{id}/capture", self._doing(_capture), methods=["POST"]),
                Route("/v1/payment_intents/{id}/cancel", self._doing(_cancel), methods=["POST"]),
                Route("/v1/refunds", self._doing(_create_refund), methods=["POST"]),
                Route("/v1/refunds/{id}", self._doing(_read_refund), methods=["GET"]),
                *self.page_routes(),
            ]
        )

    def page_routes(self) -> list[Route]:
        """Return the pages for a customer's browser, to be mounted where the browser can reach them."""
        return three_d_secure_routes(self._api, self.store, self.sender)

    async def __aenter__(self) -> Self:
        self.sender.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Stop sending webhooks and close the store."""
        await self.sender.stop()
        self.store.close()

    def _doing(self, act: Act) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            answer = self._answer(request, await request.body(), act)
            self.sender.wake()
            # `pm_card_timeout`: the money is reserved and stored, and only the first answer is lost. The same
            # key again gets the answer.
            if answer.lost and not answer.replayed:
                await asyncio.sleep(_LOST_ANSWER_SECONDS)
            headers = {"Request-Id": new_id("req")}
            if answer.replayed:
                headers["Idempotent-Replayed"] = "true"
            return JSONResponse(answer.body, answer.status, headers)

        return endpoint

    def _answer(self, request: Request, body: bytes, act: Act) -> Answer:
        expected = f"Bearer {self._api_key}".encode()
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), expected):
            error = ApiError(401, "invalid_request_error", "Invalid API Key provided.")
            return Answer(error.status, error.body)
        try:
            form = read_form(body)
            if request.method == "GET":
                return act(self._api, request, form)
        except ApiError as error:
            return Answer(error.status, error.body)
        asked = json.dumps([request.method, request.url.path, form], sort_keys=True)
        return self.store.keyed(
            request.headers.get("idempotency-key"),
            hashlib.sha256(asked.encode()).hexdigest(),
            lambda: act(self._api, request, form),
        )


def _create_intent(api: BankApi, _: Request, form: Form) -> Answer:
    return api.create_intent(form)


async def _health(_: Request) -> Response:
    return JSONResponse({"status": "ok", "service": "simulated bank"})


def _list(api: BankApi, request: Request, _: Form) -> Answer:
    return api.list_intents(
        request.query_params.get("limit", "10"), request.query_params.get("starting_after")
    )


def _search(api: BankApi, request: Request, _: Form) -> Answer:
    return api.search_intents(request.query_params.get("query", ""))


def _read_intent(api: BankApi, request: Request, _: Form) -> Answer:
    return api.read_intent(request.path_params["id"])


def _confirm(api: BankApi, request: Request, _: Form) -> Answer:
    return api.confirm_intent(request.path_params["id"])


def _capture(api: BankApi, request: Request, _: Form) -> Answer:
    return api.capture_intent(request.path_params["id"])


def _cancel(api: BankApi, request: Request, _: Form) -> Answer:
    return api.cancel_intent(request.path_params["id"])


def _create_refund(api: BankApi, _: Request, form: Form) -> Answer:
    return api.create_refund(form)


def _read_refund(api: BankApi, request: Request, _: Form) -> Answer:
    return api.read_refund(request.path_params["id"])
