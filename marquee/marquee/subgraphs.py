"""The nine subgraphs of the cinema by name: how each is built, where it listens when alone."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from marquee.business_metrics import count_business
from marquee.event_queues import EVENT_QUEUES
from marquee_subgraphs.kit.app import Subgraph
from marquee_subgraphs.kit.clock import SystemClock
from marquee_subgraphs.kit.database import History
from marquee_subgraphs.kit.events.opening import open_broker
from marquee_subgraphs.kit.identity import IdentityVerifier
from marquee_subgraphs.kit.identity_keys import IdentityKeys
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.kit.settings import Settings
from marquee_subgraphs.kit.telemetry import Telemetry

NAMES: Final = (
    "users",
    "movies",
    "showtimes",
    "tickets",
    "payments",
    "notifications",
    "reviews",
    "loyalty",
    "analytics",
)
OWNERS: Final = {
    "kit": "marquee_subgraphs.kit.database",
    "broker": "marquee_subgraphs.kit.events.embedded",
    **{name: f"marquee_subgraphs.{name}" for name in NAMES},
}
"""The packages that own tables: the kit's are in every store, the embedded broker's in a file of its own."""


def build_subgraph(name: str, runtime: Runtime) -> Subgraph:
    """Build one subgraph; touches neither disk nor network. Raises `KeyError` for an unknown name."""
    if name not in NAMES:
        raise KeyError(name)
    subgraph = importlib.import_module(f"marquee_subgraphs.{name}.app").build(runtime)
    assert isinstance(subgraph, Subgraph)
    return subgraph


def history_of(owner: str) -> History:
    """The migrations of one of `OWNERS`. Raises `KeyError` for any other name."""
    history = importlib.import_module(f"{OWNERS[owner]}.migrations").HISTORY
    assert isinstance(history, History)
    return history


@asynccontextmanager
async def open_runtime(settings: Settings, keys: IdentityKeys) -> AsyncIterator[Runtime]:
    """Open broker, cache and telemetry, real or embedded as the settings say; all are closed at the end."""
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        telemetry = Telemetry.open(settings)
        stack.push_async_callback(telemetry.close)
        count_business(telemetry)
        broker = await open_broker(settings, clock, EVENT_QUEUES)
        stack.push_async_callback(broker.close)
        redis = None
        if settings.redis_url is not None:
            from marquee_subgraphs.kit.redis_parts import open_redis

            url = settings.redis_url.get_secret_value()
            redis = await stack.enter_async_context(open_redis(url, settings.redis_prefix))
        yield Runtime(
            settings=settings,
            clock=clock,
            broker=broker,
            identity=IdentityVerifier(keys, clock),
            telemetry=telemetry,
            redis=redis,
        )
