"""Wiring of the payments subgraph, and nothing else."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from marquee_subgraphs.kit.app import Subgraph, Wiring
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.kit.supervisor import BackgroundTask
from marquee_subgraphs.payments.adapters.factory import open_provider
from marquee_subgraphs.payments.adapters.measured import MeasuredProvider
from marquee_subgraphs.payments.adapters.return_page import RETURN_PATH, RETURN_ROUTE
from marquee_subgraphs.payments.adapters.webhooks import Webhooks
from marquee_subgraphs.payments.domain.timing import Timing
from marquee_subgraphs.payments.migrations import HISTORY
from marquee_subgraphs.payments.schema import build_payments_schema
from marquee_subgraphs.payments.service.metrics import unsettled_probe
from marquee_subgraphs.payments.wiring import Parts, assemble

NAME = "payments"
PORT = 6000
_UPKEEP_SECONDS = 1.0


def build(runtime: Runtime, *, timing: Timing | None = None) -> Subgraph:
    """The payments subgraph; `timing` sets how long it waits, by default as `Timing` says."""
    return Subgraph(
        runtime,
        name=NAME,
        port=PORT,
        schema=build_payments_schema(runtime.logger(NAME)),
        wire=partial(_wire, timing or Timing()),
    )


async def _wire(timing: Timing, runtime: Runtime, stack: AsyncExitStack) -> Wiring:
    settings = runtime.settings
    public_url = (settings.public_url or f"http://{settings.host}:{settings.port}").rstrip("/")
    database = await stack.enter_async_context(await runtime.open_database(NAME, HISTORY))
    topics = runtime.topics(NAME)
    stack.push_async_callback(topics.close)
    webhooks = Webhooks()
    opened = await open_provider(
        settings,
        webhooks.deliver,
        stack,
        public_url=public_url,
        timeout_seconds=timing.provider_timeout_seconds,
    )
    telemetry = runtime.telemetry.of(NAME)
    opened = replace(opened, provider=MeasuredProvider(opened.provider, telemetry))
    events = runtime.events(NAME, database)
    service = assemble(
        Parts(
            database=database,
            events=events,
            opened=opened,
            topics=topics,
            clock=runtime.clock,
            logger=runtime.logger(NAME),
            return_url=f"{public_url}{RETURN_PATH}",
            timing=timing,
        )
    )
    stack.callback(runtime.telemetry.add_probe(unsettled_probe(runtime.telemetry, database, runtime.clock)))
    webhooks.open(opened.provider, service.reconciliation)
    stack.push_async_callback(service.payment_work.close)
    stack.push_async_callback(service.refund_work.close)

    async def reconciliation() -> None:
        await service.reconciliation.start_due_work()

    async def webhook(request: Request) -> Response:
        status = await webhooks.deliver(await request.body(), request.headers.get("stripe-signature"))
        return JSONResponse({"received": status == 200}, status)

    pages: list[BaseRoute] = [*opened.bank.page_routes()] if opened.bank is not None else []
    return Wiring(
        service=service,
        database=database,
        events=events,
        tasks=[BackgroundTask("payments-reconciliation", reconciliation, _UPKEEP_SECONDS)],
        routes=[Route("/webhooks/stripe", webhook, methods=["POST"]), RETURN_ROUTE, *pages],
    )
