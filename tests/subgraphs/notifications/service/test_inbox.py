"""Several processes of notifications: who listens at one hears what another wrote, each once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from marquee_subgraphs.kit.clock import FrozenClock
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.notifications.app import build
from tests.redis_servers import OwnRedis, own_redis
from tests.subgraphs.door import IdentitySigner, customer
from tests.subgraphs.incoming_events import emit, make_event
from tests.subgraphs.replicas import Replica, replicas

__all__ = ["own_redis"]

ANA_ID = "usr_01KF1D0X80ANA0000000000000"
QUERY = "subscription { notificationReceived { id title } }"


async def tell(replica: Replica, number: int) -> None:
    """Have one process write a notification."""
    assert isinstance(replica.runtime.clock, FrozenClock)
    replica.runtime.clock.advance(timedelta(seconds=1))
    payload = {"user_id": ANA_ID, "points": number, "order_id": "ord_1", "reason": "purchase"}
    event = make_event(
        replica.runtime, "loyalty.points_earned", payload, aggregate_id="mbr_1", version=number + 1
    )
    await emit(replica.runtime, event)


@pytest.mark.parametrize("is_away", [False, True])
async def test_each_notification_is_heard_once(
    runtime: Runtime, signer: IdentitySigner, postgres_url: str, own_redis: OwnRedis, is_away: bool
) -> None:
    async with replicas(build, runtime, signer, store_url=postgres_url, redis_url=own_redis.url) as (
        here,
        there,
    ):
        registered = {"user_id": ANA_ID, "name": "Ana", "email": "ana@example.test", "locale": "es"}
        await emit(here.runtime, make_event(here.runtime, "user.registered", registered, aggregate_id=ANA_ID))
        await tell(here, 1)  # before anybody listens: nobody is told
        async with there.door.subscribe(QUERY, viewer=customer(ANA_ID)) as events:
            first = asyncio.ensure_future(anext(events))
            number = 2
            while not first.done():  # the subscription may open after the first of them
                await tell(there, number)
                number += 1
                await asyncio.wait([first], timeout=0.05)
            if is_away:
                own_redis.stop()
            for last in range(number, number + 3):
                await tell(here, last)
            titles = [(await first)["data"]["notificationReceived"]["title"]]
            async with asyncio.timeout(10):
                while f"{last} puntos" not in titles[-1]:
                    titles.append((await anext(events))["data"]["notificationReceived"]["title"])
            assert len(titles) == len(set(titles)), titles
            assert titles[-3:] == [f"{n} puntos en camino" for n in range(number, number + 3)]
            assert "1 puntos en camino" not in titles
