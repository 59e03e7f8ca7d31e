"""Buyers for the faults, and a stack that is whole before and after each."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio

from deploy.local import LocalStack
from tests.faults.buying import Crowd
from tests.faults.healing import heal
from tests.marquee.running import Client, showtimes

LONG = os.environ.get("MARQUEE_FAULTS") == "long"
"""Every combination, and outages of a minute."""


@pytest.fixture(scope="session")
def long() -> bool:
    """Whether the long form was asked for."""
    return LONG


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """Connections for all buyers."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=200)) as opened:
        yield opened


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def members(stack: LocalStack, session: aiohttp.ClientSession) -> Crowd:
    """People with an account, made once."""
    crowd = Crowd(stack.url, session)
    await crowd.register(4)
    return crowd


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def whole_programme(stack: LocalStack, session: aiohttp.ClientSession) -> deque[str]:
    """Showtimes to buy for, by id."""
    return deque(each["id"] for each in await showtimes(Client(session, stack.url), 60))


@pytest.fixture
def programme(whole_programme: deque[str]) -> list[str]:
    """The same for one test, beginning at another place: a buyer may hold few seats of one showtime."""
    whole_programme.rotate(-7)
    return list(whole_programme)


@pytest_asyncio.fixture(loop_scope="session")
async def guest(stack: LocalStack, session: aiohttp.ClientSession) -> Client:
    """Somebody without a token, who comes through nginx."""
    return Client(session, stack.url)


@pytest_asyncio.fixture(loop_scope="session")
async def crowd(stack: LocalStack, members: Crowd) -> AsyncIterator[Crowd]:
    """Buyers of one test; processes that the test stopped are started again afterwards."""
    buyers = members.again()
    yield buyers
    async with asyncio.timeout(60):
        await heal(stack)
