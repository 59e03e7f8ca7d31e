"""The Prometheus metrics that every subgraph has: their names, units and labels.

Must never carry a label that a client can grow: names of subgraphs, events and outcomes only.
"""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_FAST: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_SLOW: Final = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0, 3600.0)


class Families:
    """The families of one process, registered once; subgraphs are told apart by the label `subgraph`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = Counter(
            "marquee_requests",
            "GraphQL requests of the router, by kind and outcome (ok, errors, refused, fault).",
            ("subgraph", "kind", "outcome"),
            registry=registry,
        )
        self.request_seconds = Histogram(
            "marquee_request_seconds",
            "Time to answer a GraphQL request.",
            ("subgraph", "kind"),
            registry=registry,
            buckets=_FAST,
        )
        self.transactions = Counter(
            "marquee_transactions",
            "SQL transactions that wrote, by outcome (committed, rolled_back).",
            ("subgraph", "outcome"),
            registry=registry,
        )
        self.sql_seconds = Histogram(
            "marquee_sql_seconds",
            "Time from asking for a transaction (mode write) or a snapshot (mode read) to its end.",
            ("subgraph", "mode"),
            registry=registry,
            buckets=_FAST,
        )
        self.connections_in_use = Gauge(
            "marquee_sql_connections_in_use",
            "Connections of the SQL store at work.",
            ("subgraph",),
            registry=registry,
        )
        self.connections_limit = Gauge(
            "marquee_sql_connections_limit",
            "Connections that may be at work at once; SQLite has no bound on readers, and no sample.",
            ("subgraph",),
            registry=registry,
        )
        self.recorded = Counter(
            "marquee_events_recorded",
            "Events whose transaction has committed.",
            ("subgraph", "type"),
            registry=registry,
        )
        self.published = Counter(
            "marquee_events_published",
            "Events that the broker has confirmed.",
            ("subgraph", "type"),
            registry=registry,
        )
        self.handled = Counter(
            "marquee_events_handled",
            "Deliveries of events, by outcome (done, failed: tried again later, poison: given up at once).",
            ("subgraph", "type", "outcome"),
            registry=registry,
        )
        self.dead = Counter(
            "marquee_events_dead",
            "Deliveries given up, kept as dead letters until they are replayed.",
            ("subgraph", "type"),
            registry=registry,
        )
        self.lag_seconds = Histogram(
            "marquee_event_lag_seconds",
            "Time from an event to its handling being done.",
            ("subgraph",),
            registry=registry,
            buckets=_SLOW,
        )
        self.outbox_events = Gauge(
            "marquee_outbox_events",
            "Committed events that the broker has not confirmed.",
            ("subgraph",),
            registry=registry,
        )
        self.outbox_age_seconds = Gauge(
            "marquee_outbox_oldest_seconds",
            "Age of the oldest event that the broker has not confirmed; 0 when there is none.",
            ("subgraph",),
            registry=registry,
        )
        self.messages = Counter(
            "marquee_messages",
            "Attempts to carry a mail or SMS, by outcome (sent, failed: tried again later, given_up).",
            ("channel", "outcome"),
            registry=registry,
        )
        self.provider_seconds = Histogram(
            "marquee_provider_seconds",
            "Time of calls to the card provider, by call and outcome (ok, refused, unanswered, fault).",
            ("call", "outcome"),
            registry=registry,
            buckets=_FAST,
        )
