"""SIGKILL of every process, at every step of a purchase: nothing acknowledged is lost, nothing doubled."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from deploy.local import LocalStack, Process
from tests.faults.books import check
from tests.faults.buying import Crowd
from tests.faults.conftest import LONG
from tests.faults.healing import kill_and_restart
from tests.faults.moments import Moment, watching

pytestmark = [pytest.mark.fault, pytest.mark.asyncio(loop_scope="session")]
BUYERS = 10
SERVICES = (
    "users", "movies", "showtimes", "tickets", "payments", "notifications", "reviews", "loyalty",
    "analytics", "router", "bank", "nginx",
)  # fmt: skip

SHORT = [
    (("tickets",), Moment.HELD),
    (("tickets",), Moment.PLACED),
    (("payments",), Moment.STARTED),
    (("payments", "bank"), Moment.AUTHORIZED),
    (("tickets",), Moment.SOLD),
    (("payments",), Moment.CAPTURED),
    (("bank",), Moment.STARTED),
    (("router", "nginx"), Moment.AUTHORIZED),
    (("notifications", "loyalty", "analytics"), Moment.CAPTURED),
    (("users", "movies", "showtimes", "reviews"), Moment.PLACED),
]
EVERY = [((service,), moment) for service in SERVICES for moment in Moment]


def processes(stack: LocalStack, services: Sequence[str]) -> list[Process]:
    """All replicas of these services."""
    return [
        process
        for name, process in stack.processes.items()
        if name in services or name.rpartition("-")[0] in services
    ]


@pytest.mark.parametrize(
    ("services", "moment"),
    [*SHORT, *EVERY] if LONG else SHORT,
    ids=lambda value: value.name.lower() if isinstance(value, Moment) else "+".join(value),
)
async def test_killed_in_the_middle_of_purchases(
    stack: LocalStack, crowd: Crowd, programme: list[str], services: Sequence[str], moment: Moment
) -> None:
    victims = processes(stack, services)
    assert victims
    async with watching(stack, moment) as watch, asyncio.TaskGroup() as group:
        group.create_task(crowd.buy(BUYERS, programme))
        await watch.reaches(BUYERS // 3)
        await kill_and_restart(*victims)
    assert sum(purchase.acknowledged for purchase in crowd.purchases) >= BUYERS // 2, crowd.ends()
    await check(stack, crowd, mails_once="notifications" not in services)
