"""`Metrics`: the Prometheus metrics of the router.

Owns their names, and bounds the labels: a client must never be able to grow the series. Counting adds to
plain numbers; only a scrape turns them into Prometheus' text.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, SummaryMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from marquee_router.instrumentation import ExecutedOperation, PhaseTimes
from marquee_router.planning.plan import OperationKind
from marquee_router.request import RequestContext

CONTENT_TYPE = CONTENT_TYPE_LATEST
OTHER = "(other)"
ANONYMOUS = "(anonymous)"
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the buckets, in seconds."""


# Plain numbers instead of the library's counters: those take a lock for each addition.
class Timings:
    """A histogram of durations."""

    __slots__ = ("counts", "seconds")

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        self.seconds = 0.0

    def add(self, seconds: float) -> None:
        """Count one duration."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.seconds += seconds

    def buckets(self) -> list[tuple[str, float]]:
        """The cumulative counts, as Prometheus wants them."""
        total = 0
        found: list[tuple[str, float]] = []
        for bound, count in zip((*map(str, BOUNDS), "+Inf"), self.counts, strict=True):
            total += count
            found.append((bound, total))
        return found


class Sum:
    """A count, and the sum of the durations."""

    __slots__ = ("count", "seconds")

    def __init__(self) -> None:
        self.count = 0
        self.seconds = 0.0


class PreparationCounts:
    """Implements `PreparationHook`: counts how operations became ready, and the time of each phase."""

    __slots__ = ("_phases", "hits", "misses")

    def __init__(self) -> None:
        self.hits = 0
        self.misses = 0
        self._phases: dict[str, Timings] = {}

    def reused(self) -> None:
        """Count one operation from the cache."""
        self.hits += 1

    def prepared(self, phases: PhaseTimes) -> None:
        """Count one preparation."""
        self.misses += 1
        for phase, began, ended in phases.done:
            self._phases.setdefault(phase, Timings()).add((ended - began) / 1e9)

    def collect(self) -> Iterable[CounterMetricFamily | HistogramMetricFamily]:
        """The families."""
        yield counters(
            "router_operations_prepared",
            "Operations that were known (hit) or had to be prepared (miss).",
            ("result",),
            ((("hit",), self.hits), (("miss",), self.misses)),
        )
        seconds = HistogramMetricFamily(
            "router_preparation_seconds",
            "Time to prepare an operation, by phase (parse, validate, plan).",
            labels=("phase",),
        )
        for phase, timings in tuple(self._phases.items()):
            seconds.add_metric((phase,), timings.buckets(), timings.seconds)
        yield seconds


class Metrics(Collector):
    """Implements `OperationHook`. Each app has a registry, so that several apps can be in one process."""

    def __init__(self, *, max_operation_names: int, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self._max_names = max_operation_names
        self._names: set[str] = set()
        self._requests: dict[tuple[str, str, str], int] = {}
        self._refusals: dict[str, int] = {}
        self._reloads: dict[str, int] = {}
        self._subscriptions: dict[str, int] = {}
        self._seconds: dict[str, Timings] = {kind.value: Timings() for kind in OperationKind}
        self._subgraphs: dict[tuple[str, str], Timings] = {}
        self._by_name: dict[str, Sum] = {}
        self.preparation = PreparationCounts()
        self.registry.register(self)

    def answered(
        self, operation: ExecutedOperation, context: RequestContext, outcome: str, seconds: float
    ) -> None:
        """Count one executed operation."""
        name, kind = operation.name, operation.kind
        # A known name costs one look-up; `_label` decides about new ones, and bounds them.
        label = name if name in self._names else self._label(name)
        key = (label, kind, outcome)
        self._requests[key] = self._requests.get(key, 0) + 1
        self._seconds[kind].add(seconds)
        spent = self._by_name.get(label)
        if spent is None:
            spent = self._by_name[label] = Sum()
        spent.count += 1
        spent.seconds += seconds

    def refused(self, code: str) -> None:
        """Count one refused request."""
        self._refusals[code] = self._refusals.get(code, 0) + 1

    def reloaded(self, outcome: str) -> None:
        """Count one attempt to change the supergraph or the settings."""
        self._reloads[outcome] = self._reloads.get(outcome, 0) + 1

    def subscribed(self, name: str | None) -> None:
        """Count one started subscription."""
        label = self._label(name)
        self._subscriptions[label] = self._subscriptions.get(label, 0) + 1

    def subgraph_called(self, subgraph: str, outcome: str, seconds: float) -> None:
        """Count one subgraph call."""
        timings = self._subgraphs.get((subgraph, outcome))
        if timings is None:
            timings = self._subgraphs[subgraph, outcome] = Timings()
        timings.add(seconds)

    def watch(self, name: str, text: str, read: Callable[[], float]) -> None:
        """Publish a gauge; `read` is called at each scrape."""
        Gauge(name, text, registry=self.registry).set_function(read)

    def exposition(self) -> bytes:
        """The text that Prometheus scrapes."""
        return generate_latest(self.registry)

    def collect(self) -> Iterable[CounterMetricFamily | HistogramMetricFamily | SummaryMetricFamily]:
        """The families, for the registry."""
        yield counters(
            "router_requests",
            "Client operations by name, kind and outcome (ok, errors, refused, fault).",
            ("operation", "kind", "outcome"),
            self._requests.items(),
        )
        yield counters(
            "router_refusals",
            "Requests refused before execution, by code.",
            ("code",),
            (((code,), count) for code, count in self._refusals.items()),
        )
        yield counters(
            "router_reloads",
            "Changes of supergraph or settings, by outcome (applied, refused, unreadable).",
            ("outcome",),
            (((outcome,), count) for outcome, count in self._reloads.items()),
        )
        yield counters(
            "router_subscriptions",
            "Subscriptions started, by operation.",
            ("operation",),
            (((name,), count) for name, count in self._subscriptions.items()),
        )
        seconds = HistogramMetricFamily(
            "router_operation_seconds",
            "Time to execute an operation, without reading and preparing it.",
            labels=("kind",),
        )
        for kind, timings in self._seconds.items():
            seconds.add_metric((kind,), timings.buckets(), timings.seconds)
        yield seconds
        calls = HistogramMetricFamily(
            "router_subgraph_seconds",
            "Time of subgraph calls, by subgraph and outcome.",
            labels=("subgraph", "outcome"),
        )
        for labels, timings in self._subgraphs.items():
            calls.add_metric(labels, timings.buckets(), timings.seconds)
        yield calls
        by_name = SummaryMetricFamily(
            "router_named_operation_seconds",
            "Time to execute an operation, by its name.",
            labels=("operation",),
        )
        for name, spent in self._by_name.items():
            by_name.add_metric((name,), spent.count, spent.seconds)
        yield by_name
        yield from self.preparation.collect()

    def _label(self, name: str | None) -> str:
        if name is None:
            return ANONYMOUS
        if name not in self._names:
            # Clients choose operation names: without a bound they could grow the series for ever.
            if len(self._names) >= self._max_names:
                return OTHER
            self._names.add(name)
        return name


def counters(
    name: str, text: str, labels: tuple[str, ...], values: Iterable[tuple[tuple[str, ...], int]]
) -> CounterMetricFamily:
    """A family of counters."""
    family = CounterMetricFamily(name, text, labels=labels)
    for key, count in values:
        family.add_metric(key, count)
    return family
