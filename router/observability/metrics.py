"""Prometheus metrics of the router.

Owns the names and bounds the labels: a client must never be able to grow the series.
"""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from router.planning.plan import OperationKind

CONTENT_TYPE = CONTENT_TYPE_LATEST
OTHER = "(other)"
ANONYMOUS = "(anonymous)"
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """One registry per app, so that several apps live in one process."""

    def __init__(self, *, max_operation_names: int, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self._max_names = max_operation_names
        self._names: set[str] = set()
        self._requests = Counter(
            "router_requests",
            "Client operations by name, kind and outcome (ok, errors, refused, fault).",
            ("operation", "kind", "outcome"),
            registry=self.registry,
        )
        self._refusals = Counter(
            "router_refusals",
            "Requests refused before execution, by code.",
            ("code",),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "router_operation_seconds",
            "Time to execute an operation, without reading and preparing it.",
            ("kind",),
            buckets=BUCKETS,
            registry=self.registry,
        )
        self._subgraph_seconds = Histogram(
            "router_subgraph_seconds",
            "Time of subgraph calls, by subgraph and outcome.",
            ("subgraph", "outcome"),
            buckets=BUCKETS,
            registry=self.registry,
        )
        self._subscriptions = Counter(
            "router_subscriptions",
            "Subscriptions started, by operation.",
            ("operation",),
            registry=self.registry,
        )
        self._series: dict[tuple[str | None, OperationKind, str], tuple[Counter, Histogram]] = {}

    def answered(self, name: str | None, kind: OperationKind, outcome: str, seconds: float) -> None:
        """Count one executed operation."""
        key = (name, kind, outcome)
        series = self._series.get(key)
        if series is None:
            label = self._label(name)
            series = (self._requests.labels(label, kind.value, outcome), self._seconds.labels(kind.value))
            if label is not OTHER:
                self._series[key] = series
        series[0].inc()
        series[1].observe(seconds)

    def refused(self, code: str) -> None:
        """Count one refused request."""
        self._refusals.labels(code).inc()

    def subscribed(self, name: str | None) -> None:
        """Count one started subscription."""
        self._subscriptions.labels(self._label(name)).inc()

    def subgraph_called(self, subgraph: str, outcome: str, seconds: float) -> None:
        """Count one subgraph call."""
        self._subgraph_seconds.labels(subgraph, outcome).observe(seconds)

    def watch(self, name: str, text: str, read: Callable[[], float]) -> None:
        """Publish a value that is read when metrics are scraped."""
        Gauge(name, text, registry=self.registry).set_function(read)

    def exposition(self) -> bytes:
        """The text that Prometheus scrapes."""
        return generate_latest(self.registry)

    def _label(self, name: str | None) -> str:
        if name is None:
            return ANONYMOUS
        if name not in self._names:
            if len(self._names) >= self._max_names:
                return OTHER
            self._names.add(name)
        return name
