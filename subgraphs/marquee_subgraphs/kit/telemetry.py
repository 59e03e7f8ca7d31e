"""What a process tells of itself: its metrics, and its traces when the settings name a collector.

Owns how a subgraph records. Must never import the tracing library while traces are off, nor let a failure of
what watches become one of what is watched.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING, Final, Protocol

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from marquee_foundation.trace_context import is_sampled
from marquee_subgraphs.kit.events.envelope import Envelope
from marquee_subgraphs.kit.events.errors import PoisonEvent
from marquee_subgraphs.kit.metrics import Families
from marquee_subgraphs.kit.settings import Settings
from marquee_subgraphs.kit.trace import current_trace

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

    from marquee_foundation.span_export import SpanExport

_LOGGER = logging.getLogger("marquee.telemetry")
_PROBE_SECONDS: Final = 2.0

METRICS_CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
Probe = Callable[[], Awaitable[None]]
"""Sets gauges to what is true now; asked when metrics are scraped."""
EventListener = Callable[[str, Envelope], None]
"""Hears the producer's name and an event that has committed; must be quick and must not fail."""


class Note(Protocol):
    """A span under way."""

    def note(self, **attributes: str | int) -> None:
        """Add attributes; dots are written as `__`."""
        ...

    def fail(self, kind: str) -> None:
        """Mark it as failed, by a word that says how."""
        ...


class Unrecorded:
    """A span that nobody records."""

    __slots__ = ()

    def note(self, **attributes: str | int) -> None:
        """Nothing."""

    def fail(self, kind: str) -> None:
        """Nothing."""


_UNRECORDED: Final = nullcontext(Unrecorded())


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
        """With process metrics, and with traces when `otlp_url` is set. The caller closes it."""
        export = None
        if settings.otlp_url is not None:
            # Imported here: the tracing library costs a tenth of a second.
            from marquee_foundation.span_export import SpanExport

            export = SpanExport(settings.otlp_url.get_secret_value(), settings.otlp_sample_ratio)
        telemetry = cls(export)
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=telemetry.registry)
        return telemetry

    def tracer(self, service: str) -> Tracer | None:
        """What starts spans of a service; None while traces are off."""
        if self._export is None:
            return None
        return self._export.tracer("marquee", {"service.name": service, "service.namespace": "marquee"})

    def of(self, subgraph: str) -> SubgraphTelemetry:
        """What one subgraph records with."""
        known = self._subgraphs.get(subgraph)
        if known is None:
            known = self._subgraphs[subgraph] = SubgraphTelemetry(subgraph, self)
        return known

    def gauge(self, name: str, text: str) -> Gauge:
        """A gauge without labels, made when it is asked for first."""
        known = self._gauges.get(name)
        if known is None:
            known = self._gauges[name] = Gauge(name, text, registry=self.registry)
        return known

    def on_committed(self, listener: EventListener) -> None:
        """Tell `listener` of each event that commits in this process."""
        self._listeners.append(listener)

    def committed(self, producer: str, event: Envelope) -> None:
        """An event has committed."""
        for listener in self._listeners:
            listener(producer, event)

    def add_probe(self, probe: Probe) -> Callable[[], None]:
        """Ask `probe` before each scrape; returns what ends that."""
        self._probes.append(probe)
        return lambda: self._probes.remove(probe)

    async def refresh(self) -> None:
        """Ask every probe, for two seconds at most; what one cannot say keeps its last value."""
        await asyncio.gather(*[_ask(probe) for probe in tuple(self._probes)])

    async def exposition(self) -> bytes:
        """The text that Prometheus scrapes."""
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
    except Exception as error:  # noqa: BLE001  # a store that is away must not take the other figures with it
        _LOGGER.warning("a figure could not be read: %s", type(error).__name__)


class SubgraphTelemetry:
    """Records for one subgraph: counts always, spans only within a trace that is sampled."""

    def __init__(self, subgraph: str, process: Telemetry) -> None:
        self.subgraph = subgraph
        self.process = process
        self.families = process.families
        self._tracer = process.tracer(subgraph)
        self._committed = process.families.transactions.labels(subgraph, "committed")
        self._rolled_back = process.families.transactions.labels(subgraph, "rolled_back")
        self._write_seconds = process.families.sql_seconds.labels(subgraph, "write")
        self.read_seconds = process.families.sql_seconds.labels(subgraph, "read").observe
        self._answered: dict[tuple[str, str], tuple[Counter, Histogram]] = {}
        self._lag = process.families.lag_seconds.labels(subgraph)

    @property
    def traces(self) -> bool:
        """Whether the work at hand is in a trace whose spans are recorded."""
        return self._tracer is not None and is_sampled(current_trace.get())

    def span(
        self,
        name: str,
        kind: str = "internal",
        *,
        parent: str | None = None,
        aside: bool = False,
        **attributes: str | int,
    ) -> AbstractContextManager[Note]:
        """A span below `parent` or, without one, the work at hand; not recorded when that is not sampled.

        What is done inside is below it, unless it is `aside`. Dots of attributes are written as `__`.
        """
        if self._tracer is None:
            return _UNRECORDED
        above = parent if parent is not None else current_trace.get()
        if above is None or not is_sampled(above):
            return _UNRECORDED
        from marquee_subgraphs.kit.spans import Recording

        named = {key.replace("__", "."): value for key, value in attributes.items()}
        return Recording(self._tracer, name, kind, above, named, aside=aside)

    def answered(self, kind: str, outcome: str, seconds: float) -> None:
        """Count one GraphQL request."""
        known = self._answered.get((kind, outcome))
        if known is None:
            known = self._answered[kind, outcome] = (
                self.families.requests.labels(self.subgraph, kind, outcome),
                self.families.request_seconds.labels(self.subgraph, kind),
            )
        known[0].inc()
        known[1].observe(seconds)

    def wrote(self, seconds: float, *, committed: bool) -> None:
        """Count one transaction."""
        (self._committed if committed else self._rolled_back).inc()
        self._write_seconds.observe(seconds)

    def event_committed(self, event: Envelope) -> None:
        """Count one event that has committed, and tell whoever listens."""
        self.families.recorded.labels(self.subgraph, event.type).inc()
        self.process.committed(self.subgraph, event)

    @contextmanager
    def publishing(self, events: Sequence[Envelope]) -> Iterator[None]:
        """A span for each event, below what added it; counts those that the broker confirms."""
        with ExitStack() as stack:
            if self._tracer is not None:
                for event in events:
                    if event.trace is not None:
                        stack.enter_context(self._about(event, "publish", "producer", aside=True))
            yield
        for event in events:
            self.families.published.labels(self.subgraph, event.type).inc()

    @contextmanager
    def handling(self, event: Envelope) -> Iterator[None]:
        """Within, the event's trace is the one at hand, with a span of its own."""
        token = current_trace.set(event.trace)
        outcome = "failed"
        try:
            with self._about(event, "handle", "consumer"):
                yield
            outcome = "done"
            self._lag.observe(max(0.0, time.time() - event.occurred_at.timestamp()))
        except Exception as error:
            outcome = "poison" if isinstance(error, PoisonEvent) else "failed"
            raise
        finally:
            current_trace.reset(token)
            self.families.handled.labels(self.subgraph, event.type, outcome).inc()

    def died(self, event: Envelope) -> None:
        """Count a delivery that was given up."""
        self.families.dead.labels(self.subgraph, event.type).inc()

    def _about(
        self, event: Envelope, verb: str, kind: str, *, aside: bool = False
    ) -> AbstractContextManager[Note]:
        return self.span(
            f"{verb} {event.type}",
            kind,
            parent=event.trace,
            aside=aside,
            messaging__system="marquee",
            messaging__destination__name=event.type,
            messaging__message__id=event.id,
        )
