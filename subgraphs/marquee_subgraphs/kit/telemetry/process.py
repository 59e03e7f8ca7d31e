"""`Telemetry`: the metrics and the trace exporter of one process.

Must never import the tracing library while traces are off.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Gauge,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from marquee_subgraphs.kit.events.envelope import Envelope
from marquee_subgraphs.kit.settings import Settings
from marquee_subgraphs.kit.telemetry.metrics import Families
from marquee_subgraphs.kit.telemetry.subgraph import SubgraphTelemetry

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

    from marquee_foundation.span_export import SpanExport

_LOGGER = logging.getLogger("marquee.telemetry")
_PROBE_SECONDS: Final = 2.0

METRICS_CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
Probe = Callable[[], Awaitable[None]]
"""Sets gauges to what is true now; called when metrics are scraped."""
EventListener = Callable[[str, Envelope], None]
"""Takes the producer's name and an event that has committed; must be quick and must not fail."""


class Telemetry:
    """The metrics and the trace exporter of one process, shared by the subgraphs in it."""

    def __init__(self, export: SpanExport | None = None) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self.families = Families(self.registry)
        self._export = export
        self._probes: list[Probe] = []
        self._listeners: list[EventListener] = []
        self._subgraphs: dict[str, SubgraphTelemetry] = {}
        self._gauges: dict[str, Gauge] = {}

    @classmethod
    def open(cls, settings: Settings) -> Telemetry:
        """Return telemetry with metrics, and with traces when `otlp_url` is set. The caller closes it."""
        export = None
        if settings.otlp_url is not None:
            # Imported here: the tracing library takes 0.1 s to load.
            from marquee_foundation.span_export import SpanExport

            export = SpanExport(settings.otlp_url.get_secret_value(), settings.otlp_sample_ratio)
        telemetry = cls(export)
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=telemetry.registry)
        return telemetry

    def tracer(self, service: str) -> Tracer | None:
        """Return what starts the spans of a service; None while traces are off."""
        if self._export is None:
            return None
        return self._export.tracer("marquee", {"service.name": service, "service.namespace": "marquee"})

    def of(self, subgraph: str) -> SubgraphTelemetry:
        """Return the telemetry of one subgraph, the same at each call."""
        known = self._subgraphs.get(subgraph)
        if known is None:
            known = self._subgraphs[subgraph] = SubgraphTelemetry(
                subgraph, self.families, self.tracer(subgraph), partial(self._committed, subgraph)
            )
        return known

    def gauge(self, name: str, text: str) -> Gauge:
        """Return a gauge without labels, registered at the first call."""
        known = self._gauges.get(name)
        if known is None:
            known = self._gauges[name] = Gauge(name, text, registry=self.registry)
        return known

    def on_committed(self, listener: EventListener) -> None:
        """Call `listener` with each event that commits in this process."""
        self._listeners.append(listener)

    def _committed(self, producer: str, event: Envelope) -> None:
        for listener in self._listeners:
            listener(producer, event)

    def add_probe(self, probe: Probe) -> Callable[[], None]:
        """Call `probe` before each scrape; return the function that removes it."""
        self._probes.append(probe)
        return lambda: self._probes.remove(probe)

    async def refresh(self) -> None:
        """Call every probe, for two seconds at most; a gauge that cannot be read keeps its last value."""
        await asyncio.gather(*[_ask(probe) for probe in tuple(self._probes)])

    async def exposition(self) -> bytes:
        """Return the text that Prometheus scrapes."""
        await self.refresh()
        return generate_latest(self.registry)

    async def close(self) -> None:
        """Export the last spans, within seconds."""
        if self._export is not None:
            await self._export.aclose()


async def _ask(probe: Probe) -> None:
    try:
        async with asyncio.timeout(_PROBE_SECONDS):
            await probe()
    except Exception as error:  # noqa: BLE001  # a store that is away must not hide the other metrics
        _LOGGER.warning("a metric could not be read: %s", type(error).__name__)
