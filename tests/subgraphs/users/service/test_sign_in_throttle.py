"""Several processes of users count guesses together; without Redis, each counts alone."""

from __future__ import annotations

import pytest

from marquee_subgraphs.kit.app import Subgraph
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.users.app import build
from marquee_subgraphs.users.service.passwords import Passwords
from tests.redis_servers import OwnRedis, own_redis
from tests.subgraphs.door import IdentitySigner
from tests.subgraphs.replicas import replicas
from tests.subgraphs.users.people import LOGIN, PASSWORD, refusals, register, send

__all__ = ["own_redis"]

ANA = "ana@example.test"


def build_cheap(runtime: Runtime) -> Subgraph:
    """Users whose hashing is cheap."""
    return build(runtime, passwords=Passwords(memory_kib=8, time_cost=1))


@pytest.mark.parametrize("is_away", [False, True])
async def test_guesses_are_counted_in_all_processes_and_without_redis_in_each(
    runtime: Runtime, signer: IdentitySigner, postgres_url: str, own_redis: OwnRedis, is_away: bool
) -> None:
    async with replicas(build_cheap, runtime, signer, store_url=postgres_url, redis_url=own_redis.url) as (
        one,
        two,
    ):
        await register(one.door)
        if is_away:
            own_redis.stop()
        for number in range(10):
            door = one.door if is_away or number % 2 else two.door
            assert refusals(await send(door, LOGIN, email=ANA, password="a wrong guess")) == [
                ("INVALID_CREDENTIALS", None)
            ]
        assert refusals(await send(one.door, LOGIN, email=ANA, password=PASSWORD)) == [("RATE_LIMITED", None)]
        other = await send(two.door, LOGIN, email=ANA, password=PASSWORD)
        assert bool(other["user"]) is is_away
