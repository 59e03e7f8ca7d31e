"""Opens the broker that the settings name."""

from __future__ import annotations

from subgraphs.kit.clock import Clock
from subgraphs.kit.events.broker import Broker
from subgraphs.kit.events.embedded import EmbeddedBroker
from subgraphs.kit.settings import Settings


async def open_broker(settings: Settings, clock: Clock) -> Broker:
    """Open the embedded broker, in the data folder; the caller closes it."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    return await EmbeddedBroker.open(settings.data_dir / "events.sqlite", clock=clock)
