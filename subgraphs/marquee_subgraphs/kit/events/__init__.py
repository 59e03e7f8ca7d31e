"""Events between subgraphs: outbox, relay, broker, consumer, inbox.

The way of an event: a transaction adds it to the outbox; the relay hands it to the broker; the broker
delivers it, at least once, to the queue of each consumer; the consumer runs the handler and records the event
in its inbox in one transaction, so that its effect happens exactly once.

    outbox → Relay → Broker (embedded or RabbitMQ) → Lanes → Consumer → inbox

A subgraph uses `ServiceEvents` and declares its events as records.
"""

from marquee_subgraphs.kit.events.broker import Broker, DeadLetter, Subscription
from marquee_subgraphs.kit.events.consumer import Consumer
from marquee_subgraphs.kit.events.embedded import EmbeddedBroker
from marquee_subgraphs.kit.events.envelope import Envelope
from marquee_subgraphs.kit.events.errors import (
    BrokerClosed,
    BrokerUnavailable,
    EventError,
    MalformedEvent,
    PoisonEvent,
    UnknownQueue,
)
from marquee_subgraphs.kit.events.inbox import Inbox
from marquee_subgraphs.kit.events.outbox import Outbox
from marquee_subgraphs.kit.events.records import Amount, ConsumedEvent, Instant, PublishedEvent, Text
from marquee_subgraphs.kit.events.relay import Relay
from marquee_subgraphs.kit.events.service import ServiceEvents, all_settled
from marquee_subgraphs.kit.trace import current_trace

__all__ = [
    "Amount",
    "Broker",
    "BrokerClosed",
    "BrokerUnavailable",
    "ConsumedEvent",
    "Consumer",
    "DeadLetter",
    "EmbeddedBroker",
    "Envelope",
    "EventError",
    "Inbox",
    "Instant",
    "MalformedEvent",
    "Outbox",
    "PoisonEvent",
    "PublishedEvent",
    "Relay",
    "ServiceEvents",
    "Subscription",
    "Text",
    "UnknownQueue",
    "all_settled",
    "current_trace",
]
