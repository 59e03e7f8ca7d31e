"""The nine subgraphs of the cinema by name: how each is built, where it listens when alone."""

from __future__ import annotations

import importlib
from typing import Final

from subgraphs.kit.app import Subgraph
from subgraphs.kit.clock import SystemClock
from subgraphs.kit.events import EmbeddedBroker
from subgraphs.kit.identity import IdentityVerifier
from subgraphs.kit.identity_keys import IdentityKeys
from subgraphs.kit.runtime import Runtime
from subgraphs.kit.settings import Settings

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


def build_subgraph(name: str, runtime: Runtime) -> Subgraph:
    """Build one subgraph; touches neither disk nor network. Raises `KeyError` for an unknown name."""
    if name not in NAMES:
        raise KeyError(name)
    subgraph = importlib.import_module(f"subgraphs.{name}.app").build(runtime)
    assert isinstance(subgraph, Subgraph)
    return subgraph


async def open_runtime(settings: Settings, keys: IdentityKeys) -> Runtime:
    """Make the surroundings of subgraphs; the caller closes `runtime.broker`."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    clock = SystemClock()
    broker = await EmbeddedBroker.open(settings.data_dir / "events.sqlite", clock=clock)
    return Runtime(settings=settings, clock=clock, broker=broker, identity=IdentityVerifier(keys, clock))
