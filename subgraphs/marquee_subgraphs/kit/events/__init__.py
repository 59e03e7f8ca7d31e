"""Events between subgraphs: outbox, relay, broker, consumer, inbox.

At least once on the wire, exactly once in effect. A subgraph needs `ServiceEvents` and the envelope; the
broker behind it is the embedded one or RabbitMQ.
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
