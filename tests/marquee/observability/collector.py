"""A collector of traces: takes OTLP over HTTP, keeps every span, and waits for some."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


@dataclass(frozen=True, slots=True)
class SpanRecord:
    """One span, ids in hexadecimal."""

    service: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str | None
    attributes: dict[str, str | int]


@dataclass(slots=True)
class Collector:
    """What was exported to `url` so far."""

    url: str = ""
    spans: list[SpanRecord] = field(default_factory=list)
    _more: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, holds: Callable[[list[SpanRecord]], bool], *, seconds: float = 20.0) -> None:
        """Return when enough was exported."""
        async with asyncio.timeout(seconds):
            while not holds(self.spans):
                self._more.clear()
                await self._more.wait()

    async def take(self, request: web.Request) -> web.Response:
        """Answer one export."""
        export = ExportTraceServiceRequest.FromString(await request.read())
        for resource in export.resource_spans:
            named = {each.key: each.value.string_value for each in resource.resource.attributes}
            for scope in resource.scope_spans:
                for span in scope.spans:
                    self.spans.append(
                        SpanRecord(
                            service=named["service.name"],
                            name=span.name,
                            trace_id=span.trace_id.hex(),
                            span_id=span.span_id.hex(),
                            parent_id=span.parent_span_id.hex() or None,
                            attributes={
                                each.key: each.value.string_value or each.value.int_value
                                for each in span.attributes
                            },
                        )
                    )
        self._more.set()
        return web.Response(
            body=ExportTraceServiceResponse().SerializeToString(), content_type="application/x-protobuf"
        )


@asynccontextmanager
async def collecting() -> AsyncIterator[Collector]:
    """A collector on a free port."""
    collector = Collector()
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_post("/v1/traces", collector.take)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        collector.url = f"http://{host}:{port}"
        yield collector
    finally:
        await runner.cleanup()
