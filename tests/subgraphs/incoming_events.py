"""Events of other subgraphs, for tests of those that consume them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marquee_subgraphs.kit.events import EmbeddedBroker, Envelope
from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.kit.runtime import Runtime


def make_event(
    runtime: Runtime, type_: str, payload: Mapping[str, Any], *, aggregate_id: str, version: int = 1
) -> Envelope:
    """Return an event as the subgraph that publishes `type_` makes it."""
    now = runtime.clock.now()
    return Envelope(
        id=new_id("evt", now),
        type=type_,
        version=1,
        occurred_at=now,
        producer=type_.partition(".")[0],
        aggregate_id=aggregate_id,
        aggregate_version=version,
        correlation_id="test",
        causation_id=None,
        trace=None,
        payload=dict(payload),
    )


async def emit(runtime: Runtime, *events: Envelope) -> None:
    """Publish events and wait until every consumer has handled them."""
    assert isinstance(runtime.broker, EmbeddedBroker)
    await runtime.broker.publish(events)
    await runtime.broker.settled()
