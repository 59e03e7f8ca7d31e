"""The Prometheus metrics that every subgraph has: their names, units and labels.

A label must never have a value that a client chooses: only names of subgraphs, events and outcomes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_FAST: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_SLOW: Final = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0, 3600.0)


class _Registrar:
    """Registers metrics in one registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, registry=self._registry)

    def gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(name, text, labels, registry=self._registry)

    def seconds(self, name: str, text: str, *labels: str, buckets: Sequence[float] = _FAST) -> Histogram:
        return Histogram(name, text, labels, registry=self._registry, buckets=buckets)


class RequestMetrics:
    """GraphQL requests of the router."""

    def __init__(self, register: _Registrar) -> None:
        self.answered = register.counter(
            "marquee_requests",
            "GraphQL requests of the router, by kind and outcome (ok, errors, refused, fault).",
            "subgraph",
            "kind",
            "outcome",
        )
        self.seconds = register.seconds(
            "marquee_request_seconds", "Time to answer a GraphQL request.", "subgraph", "kind"
        )


class StoreMetrics:
    """The SQL store."""

    def __init__(self, register: _Registrar) -> None:
        self.transactions = register.counter(
            "marquee_transactions",
            "SQL transactions that wrote, by outcome (committed, rolled_back).",
            "subgraph",
            "outcome",
        )
        self.seconds = register.seconds(
            "marquee_sql_seconds",
            "Time from asking for a transaction (mode write) or a snapshot (mode read) to its end.",
            "subgraph",
            "mode",
        )
        self.connections_in_use = register.gauge(
            "marquee_sql_connections_in_use", "Connections of the SQL store at work.", "subgraph"
        )
        self.connections_limit = register.gauge(
            "marquee_sql_connections_limit",
            "Connections that may be at work at once; SQLite has no bound on readers, and no sample.",
            "subgraph",
        )


class EventMetrics:
    """Events on their way from an outbox to the handlers."""

    def __init__(self, register: _Registrar) -> None:
        self.recorded = register.counter(
            "marquee_events_recorded", "Events whose transaction has committed.", "subgraph", "type"
        )
        self.published = register.counter(
            "marquee_events_published", "Events that the broker has confirmed.", "subgraph", "type"
        )
        self.handled = register.counter(
            "marquee_events_handled",
            "Deliveries of events, by outcome (done, failed: tried again later, poison: given up at once).",
            "subgraph",
            "type",
            "outcome",
        )
        self.dead = register.counter(
            "marquee_events_dead",
            "Deliveries given up, kept as dead letters until they are replayed.",
            "subgraph",
            "type",
        )
        self.lag_seconds = register.seconds(
            "marquee_event_lag_seconds",
            "Time from an event to its handling being done.",
            "subgraph",
            buckets=_SLOW,
        )
        self.outbox_events = register.gauge(
            "marquee_outbox_events", "Committed events that the broker has not confirmed.", "subgraph"
        )
        self.outbox_age_seconds = register.gauge(
            "marquee_outbox_oldest_seconds",
            "Age of the oldest event that the broker has not confirmed; 0 when there is none.",
            "subgraph",
        )


class Families:
    """The metric families of one process; the label `subgraph` separates the subgraphs in it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        register = _Registrar(registry)
        self.requests = RequestMetrics(register)
        self.store = StoreMetrics(register)
        self.events = EventMetrics(register)
        self.messages = register.counter(
            "marquee_messages",
            "Attempts to carry a mail or SMS, by outcome (sent, failed: tried again later, given_up).",
            "channel",
            "outcome",
        )
        self.provider_seconds = register.seconds(
            "marquee_provider_seconds",
            "Time of calls to the card provider, by call and outcome (ok, refused, unanswered, fault).",
            "call",
            "outcome",
        )
