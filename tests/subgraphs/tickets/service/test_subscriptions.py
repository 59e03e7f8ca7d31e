"""Several processes of tickets: what one sells, the watchers of the others see, with Redis or without."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from marquee_subgraphs.kit.clock import FrozenClock, SystemClock
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.tickets.app import build
from tests.redis_servers import OwnRedis, own_redis, redis_prefix, redis_url
from tests.subgraphs.door import IdentitySigner, customer
from tests.subgraphs.replicas import Replica, replicas
from tests.subgraphs.tickets.service.test_queries import WATCH
from tests.subgraphs.tickets.stage import CANCEL, Stage

__all__ = ["own_redis", "redis_prefix", "redis_url"]

ANA = customer("usr_ana")
ORDER = "subscription ($id: ID!) { orderUpdated(orderId: $id) { status } }"


@pytest.fixture
async def both(
    runtime: Runtime, signer: IdentitySigner, postgres_url: str, redis_url: str, redis_prefix: str
) -> AsyncIterator[tuple[Replica, Replica]]:
    async with replicas(
        build, runtime, signer, store_url=postgres_url, redis_url=redis_url, prefix=redis_prefix
    ) as started:
        yield started


async def test_a_seat_held_in_one_process_is_seen_in_the_other_at_once(
    both: tuple[Replica, Replica], clock: FrozenClock
) -> None:
    here, there = (Stage.of(each.door, clock, each.runtime.broker) for each in both)
    showtime_id = await here.schedule()
    async with there.door.subscribe(WATCH, {"id": showtime_id}) as events:
        await anext(events)
        delays = []
        for label in ("A1", "A3", "A5", "B1", "B3"):
            await here.hold(showtime_id, label, f"{label[0]}{int(label[1]) + 1}", viewer=ANA)
            held = time.perf_counter()
            news = (await anext(events))["data"]["seatMapChanged"]
            delays.append(time.perf_counter() - held)
            seat = news["seats"][0]
            assert (seat["label"], seat["status"], seat["mine"]) == (label, "HELD", False)
        assert min(delays) < 0.1


async def test_an_order_changed_in_one_process_is_seen_in_the_other(
    both: tuple[Replica, Replica], clock: FrozenClock
) -> None:
    here, there = (Stage.of(each.door, clock, each.runtime.broker) for each in both)
    order = await here.order(await here.schedule(), "A1", "A2", viewer=ANA)
    async with there.door.subscribe(ORDER, {"id": order["id"]}, viewer=ANA) as events:
        assert (await anext(events))["data"]["orderUpdated"]["status"] == "PENDING_PAYMENT"
        given = {"orderId": order["id"], "idempotencyKey": "cancel-this-order-please"}
        cancelled = (await here.door.ask(CANCEL, {"input": given}, ANA)).only()
        assert cancelled["errors"] == []
        assert (await anext(events))["data"]["orderUpdated"]["status"] == "CANCELLED"


async def test_without_redis_watchers_of_the_other_process_see_it_within_seconds(
    runtime: Runtime, signer: IdentitySigner, clock: FrozenClock, postgres_url: str, own_redis: OwnRedis
) -> None:
    async with replicas(
        build,
        runtime,
        signer,
        store_url=postgres_url,
        redis_url=own_redis.url,
    ) as both:
        here, there = (Stage.of(each.door, clock, each.runtime.broker) for each in both)
        showtime_id = await here.schedule()
        async with (
            here.door.subscribe(WATCH, {"id": showtime_id}) as near,
            there.door.subscribe(WATCH, {"id": showtime_id}) as far,
        ):
            await anext(near)
            await anext(far)
            own_redis.stop()
            started = time.perf_counter()
            payload = await here.hold(showtime_id, "A1", "A2", viewer=ANA)
            assert payload["errors"] == []
            assert (await anext(near))["data"]["seatMapChanged"]["seats"][0]["label"] == "A1"
            assert time.perf_counter() - started < 1
            async with asyncio.timeout(8):
                assert (await anext(far))["data"]["seatMapChanged"]["seats"][0]["label"] == "A1"


async def test_readiness_says_degraded_and_stays_ready(
    runtime: Runtime, signer: IdentitySigner, postgres_url: str, own_redis: OwnRedis
) -> None:
    async with replicas(
        build,
        # By the clock of the machine: a frozen one is years from PostgreSQL's, and that is degraded too.
        replace(runtime, clock=SystemClock()),
        signer,
        store_url=postgres_url,
        redis_url=own_redis.url,
    ) as (replica, _):
        status, body = await replica.door.get("/ready")
        assert (status, body["status"], body["parts"]["redis"]) == (200, "ready", "ok")
        own_redis.stop()
        status, body = await replica.door.get("/ready")
        assert (status, body["status"], body["parts"]["redis"]) == (200, "degraded", "degraded")
