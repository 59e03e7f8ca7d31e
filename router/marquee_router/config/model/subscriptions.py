"""Settings of subscriptions, of the brokers that feed them, and of `@defer`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SecretStr

from marquee_router.config.model.section import Positive, Seconds, Section


class Subscriptions(Section):
    """Subscriptions on every transport."""

    enabled: bool = True
    queue_events: Positive = 64
    """Events that wait for one client before `slow_client` applies."""
    slow_client: Literal["drop-oldest", "disconnect"] = "disconnect"
    heartbeat_seconds: Seconds = 12.0
    """Of SSE and multipart streams, so that proxies keep them open."""
    share: bool = True
    """Equal subscriptions share one upstream, and each event is encoded once."""
    public_fields: tuple[str, ...] = ()
    """Subscription fields whose events are the same for every client: they are requested as a guest, once."""
    resume_arguments: tuple[str, ...] = ("afterVersion",)
    """Names of arguments that say where a stream begins, as in `seats(afterVersion: 7)`. A client that joins
    such a subscription late first gets the events so far."""
    replay_events: Positive = 256
    """Past events kept per upstream for that; after more of them, a late client opens an upstream of its
    own."""
    max_upstreams: Positive = 20_000
    drain_seconds: Seconds = 5.0
    """The time for running operations to end after the router is asked to stop."""


class Broker(Section):
    """A source of events: Redis pub/sub."""

    redis_url: SecretStr
    queue_events: Positive = 256
    """Events of one subscription that wait to be resolved; beyond them the oldest are dropped."""


class FedField(Section):
    """A subscription field that is fed by a topic instead of its subgraph's stream."""

    broker: str
    topic: Annotated[str, Field(min_length=1)]
    """A Redis channel; `{name}` stands for the field's argument of this name, percent-encoded."""
    key: dict[str, str] = Field(default_factory=dict)
    """Where an event has the key fields of the entity: `{id: data.orderId}`. Empty: the event is the
    entity."""


class EventSources(Section):
    """Subscription fields fed by a broker: an event names an entity, which subgraphs then resolve."""

    brokers: dict[str, Broker] = Field(default_factory=dict)
    fields: dict[str, FedField] = Field(default_factory=dict)
    """By the name of the field of `Subscription`."""


class Defer(Section):
    """`@defer`: clients that accept responses in parts get slow parts later."""

    enabled: bool = True
    """False: the schema does not have the directive."""
    stream_format: Literal["20220824", "v0.2"] = "20220824"
    """Of the parts on SSE and WebSockets, where clients cannot say what they read: Apollo's, or the
    specification draft's. Over multipart the client's `Accept` decides.
    """
