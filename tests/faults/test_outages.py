"""Stores that go away while people buy, and come back: broker, Redis, PostgreSQL, mail."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest
import redis.asyncio as redis

from deploy.local import LocalStack
from tests.eventually import eventually
from tests.faults.books import Books, check
from tests.faults.buying import Crowd
from tests.faults.moments import Moment, watching
from tests.marquee.running import Client
from tests.marquee.test_subscriptions import SEATS, socket, until, version

pytestmark = [pytest.mark.fault, pytest.mark.asyncio(loop_scope="session")]
BUYERS = 10
PROMPT_SECONDS = 5.0
"""What a command may take while something it does without is away."""


async def test_without_the_broker_commands_commit_and_events_drain_later(
    stack: LocalStack, crowd: Crowd, programme: list[str], long: bool
) -> None:
    away_seconds = 60.0 if long else 1.0
    crowd.give_up_seconds += away_seconds
    broker = stack.process("rabbitmq")
    async with watching(stack, Moment.AUTHORIZED) as watch, asyncio.TaskGroup() as group:
        group.create_task(crowd.buy(BUYERS, programme))
        await watch.reaches(2)
        await broker.kill()
        late = crowd.purchase(1, programme)
        async with asyncio.timeout(PROMPT_SECONDS):
            await late.place()
        assert late.order["status"] == "PENDING_PAYMENT"
        group.create_task(late.pay())
        await eventually(Books(stack).unpublished, every=0.1)
        # The long form: away for longer than any pause between two attempts to connect.
        back = asyncio.get_running_loop().time() + away_seconds
        await eventually(lambda: asyncio.get_running_loop().time() >= back, seconds=2 * away_seconds)
        await broker.start()
    assert crowd.troubles == {}, "nobody notices that the broker is away"
    assert all(purchase.acknowledged for purchase in crowd.purchases), crowd.ends()
    await check(stack, crowd)


async def test_without_redis_nobody_sees_an_error_and_watchers_still_converge(
    stack: LocalStack, crowd: Crowd, programme: list[str], guest: Client
) -> None:
    server = stack.process("redis")
    url = stack.environment("tickets")["MARQUEE_REDIS_URL"]
    showtime = programme[0]
    at = await version(guest, showtime)
    async with socket(guest) as watcher:
        await watcher.start("map", SEATS, id=showtime, after=at)
        async with redis.Redis.from_url(url) as client:
            buying = asyncio.create_task(crowd.buy(BUYERS, [showtime]))
            await client.flushall()
        await server.kill()
        await buying
        first = crowd.purchases[0]
        await until(watcher, "map", sorted(first.seats), "SOLD")
        await server.start()
        [later] = await crowd.buy(1, [showtime])
        await until(watcher, "map", sorted(later.seats), "SOLD")
    assert crowd.troubles == {}
    assert all(purchase.acknowledged for purchase in crowd.purchases), crowd.ends()
    await check(stack, crowd)


@pytest.mark.parametrize("mode", [signal.SIGINT, signal.SIGQUIT], ids=["fast", "immediate"])
async def test_postgresql_restarts_and_every_pool_recovers(
    stack: LocalStack, crowd: Crowd, programme: list[str], mode: signal.Signals
) -> None:
    server = stack.process("postgres")
    ours = {name: process.pid for name, process in stack.processes.items() if process is not server}
    async with watching(stack, Moment.STARTED) as watch, asyncio.TaskGroup() as group:
        group.create_task(crowd.buy(BUYERS, programme))
        await watch.reaches(BUYERS // 3)
        os.kill(server.pid, mode)
        await server.finish()
        await server.start()
    assert set(crowd.troubles) <= {"TEMPORARILY_UNAVAILABLE"}, "clients are told to try again"
    assert all(purchase.acknowledged for purchase in crowd.purchases), crowd.ends()
    await check(stack, crowd)
    now = {name: process.pid for name, process in stack.processes.items() if process is not server}
    assert now == ours, "no process had to be started again"
    assert all(process.is_running for process in stack.processes.values())


async def test_without_the_mail_server_orders_are_confirmed_and_mail_goes_out_later(
    stack: LocalStack, crowd: Crowd, programme: list[str]
) -> None:
    await stack.mail.stop()
    await crowd.buy(2, programme)
    assert all(purchase.acknowledged for purchase in crowd.purchases)
    await stack.mail.start()
    await check(stack, crowd)
