"""Two processes' worth of one subgraph: the same PostgreSQL and Redis, nothing else in common."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from marquee_subgraphs.kit.app import Subgraph
from marquee_subgraphs.kit.events import EmbeddedBroker
from marquee_subgraphs.kit.redis_parts import open_redis
from marquee_subgraphs.kit.runtime import Runtime
from tests.subgraphs.conftest import StoreRuntime
from tests.subgraphs.door import Door, IdentitySigner


@dataclass(frozen=True, slots=True)
class Replica:
    """A started subgraph, and what it runs on."""

    door: Door
    runtime: Runtime


@asynccontextmanager
async def replicas(
    build: Callable[[Runtime], Subgraph],
    runtime: Runtime,
    signer: IdentitySigner,
    *,
    store_url: str,
    redis_url: str,
    prefix: str = "marquee",
) -> AsyncIterator[tuple[Replica, Replica]]:
    """Two of them."""
    async with AsyncExitStack() as stack:
        started: list[Replica] = []
        for _ in range(2):
            parts = await stack.enter_async_context(open_redis(redis_url, prefix))
            file = runtime.settings.data_dir / f"broker-{secrets.token_hex(4)}.sqlite"
            broker = await EmbeddedBroker.open(file, clock=runtime.clock)
            stack.push_async_callback(broker.close)
            own = StoreRuntime(
                settings=runtime.settings,
                clock=runtime.clock,
                broker=broker,
                identity=runtime.identity,
                redis=parts,
                store_url=store_url,
            )
            subgraph = build(own)
            await subgraph.start()
            stack.push_async_callback(subgraph.stop)
            started.append(Replica(Door(subgraph, signer.of(subgraph.name)), own))
        yield started[0], started[1]
