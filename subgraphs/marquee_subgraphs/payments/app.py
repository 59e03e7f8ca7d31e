"""Wiring of the payments subgraph, and nothing else."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial

from marquee_subgraphs.kit.app import Subgraph, Wiring
from marquee_subgraphs.kit.backend import open_backend
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.kit.supervisor import BackgroundTask
from marquee_subgraphs.payments.adapters.factory import open_provider
from marquee_subgraphs.payments.adapters.measured import MeasuredProvider
from marquee_subgraphs.payments.adapters.return_page import RETURN_PATH, RETURN_ROUTE
from marquee_subgraphs.payments.adapters.webhooks import Webhooks
from marquee_subgraphs.payments.domain.timing import Timing
from marquee_subgraphs.payments.events.handlers import PaymentHandlers
from marquee_subgraphs.payments.migrations import HISTORY
from marquee_subgraphs.payments.schema import build_payments_schema
from marquee_subgraphs.payments.service import PaymentService, Resources
from marquee_subgraphs.payments.service.metrics import unknown_payments_probe
from marquee_subgraphs.payments.service.work_queue import WorkQueue
from marquee_subgraphs.payments.store import PaymentsStore

NAME = "payments"
PORT = 6000
_DUE_WORK_EVERY_SECONDS = 1.0


def build(runtime: Runtime, *, timing: Timing | None = None) -> Subgraph:
    """Return the payments subgraph, not started; `timing` is for tests."""
    schema = build_payments_schema(runtime.logger(NAME))
    wire = partial(_wire, timing or Timing())
    return Subgraph(runtime, name=NAME, port=PORT, schema=schema, wire=wire)


async def _wire(timing: Timing, runtime: Runtime, stack: AsyncExitStack) -> Wiring:
    settings = runtime.settings
    public_url = (settings.public_url or f"http://{settings.host}:{settings.port}").rstrip("/")
    backend = await open_backend(runtime, NAME, HISTORY, stack)
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
    opened = replace(opened, provider=MeasuredProvider(opened.provider, runtime.telemetry.of(NAME)))
    logger = runtime.logger(NAME)
    resources = Resources(
        backend=backend,
        store=PaymentsStore(),
        opened=opened,
        topics=topics,
        timing=timing,
        logger=logger,
        return_url=f"{public_url}{RETURN_PATH}",
        payment_work=WorkQueue(logger),
        refund_work=WorkQueue(logger),
    )
    service = PaymentService.of(resources)
    stack.push_async_callback(service.close)
    stack.callback(runtime.telemetry.add_probe(unknown_payments_probe(runtime.telemetry, resources)))
    PaymentHandlers(backend, service).register()
    webhooks.open(opened.provider, service.reconciliation.handle_notice)

    async def start_due_work() -> None:
        await service.reconciliation.start_due_work()

    bank_pages = [] if opened.bank is None else opened.bank.page_routes()
    return Wiring(
        backend=backend,
        service=service,
        tasks=[BackgroundTask("start due payments and refunds", start_due_work, _DUE_WORK_EVERY_SECONDS)],
        routes=[webhooks.route(), RETURN_ROUTE, *bank_pages],
    )
