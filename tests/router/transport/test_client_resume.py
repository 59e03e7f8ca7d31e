"""The real clients from npm when a server restarts or a token expires: each connects again by its own way,
goes on after the last event it saw, and misses none.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest

from deploy.local.addresses import free_ports
from marquee_router import RouterApp
from tests import npm
from tests.router.security.issuing import issuing
from tests.router.transport.fake import FakeEngine, fake_app
from tests.router.transport.serving import served

SOURCES = Path(__file__).parent / "clients"
WAIT_SECONDS = 60
ALL = {
    "graphql-ws",
    "graphql-sse, distinct",
    "graphql-sse, single",
    "subscriptions-transport-ws",
    "@apollo/client",
    "@apollo/client, multipart",
    "urql",
}
ON_SOCKETS = {"graphql-ws", "@apollo/client", "urql"}


@dataclass(slots=True)
class Numbers(FakeEngine):
    """Its `ticks` are the numbers said so far, then those to come; a store that outlives servers."""

    said: list[int] = field(default_factory=list)
    more: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def say(self, number: int) -> None:
        """One more."""
        async with self.more:
            self.said.append(number)
            self.more.notify_all()

    async def ticks(self, _info: object, **arguments: object) -> AsyncIterator[dict[str, int]]:
        """Those after `afterVersion`."""
        after = arguments.get("afterVersion")
        at = after if isinstance(after, int) else 0
        while True:
            async with self.more:
                while len(self.said) <= at:
                    await self.more.wait()
            yield {"ticks": self.said[at]}
            at += 1


class Clients:
    """What the clients have told so far."""

    def __init__(self) -> None:
        self.saw: dict[str, list[int]] = defaultdict(list)
        self.closed: dict[str, list[tuple[int, str]]] = defaultdict(list)
        self.failed: list[Any] = []
        self._news = asyncio.Condition()

    async def listen(self, output: asyncio.StreamReader) -> None:
        """Take note until the end of the output."""
        async for line in output:
            told = orjson.loads(line)
            async with self._news:
                if "saw" in told:
                    self.saw[told["client"]].append(told["saw"])
                elif "closed" in told:
                    self.closed[told["client"]].append((told["closed"], told["why"]))
                else:
                    self.failed.append(told)
                self._news.notify_all()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for it, or for a failure."""
        async with asyncio.timeout(WAIT_SECONDS), self._news:
            await self._news.wait_for(lambda: bool(self.failed) or holds())
        assert self.failed == []


@asynccontextmanager
async def watching(url: str, *arguments: str) -> AsyncIterator[Clients]:
    """Clients that watch, in a process of their own."""
    if not npm.is_available():
        pytest.skip(npm.MISSING)
    folder = await asyncio.to_thread(npm.installed, SOURCES)
    process = await asyncio.create_subprocess_exec(
        "node", "resume.mjs", f"{url}/graphql", *arguments,
        cwd=folder, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    clients = Clients()
    listening = asyncio.create_task(clients.listen(process.stdout))
    try:
        yield clients
    finally:
        process.stdin.close()
        await process.wait()
        await listening


def app_of(numbers: Numbers) -> RouterApp:
    """A new server of the same numbers."""
    return fake_app(engine=numbers)[0]


def all_saw(*numbers: int) -> dict[str, list[int]]:
    """What there is to be seen, by client."""
    return {name: list(numbers) for name in ALL}


async def test_every_client_goes_on_after_a_restart_and_misses_nothing() -> None:
    numbers, (port,) = Numbers(), free_ports(1)
    url = f"http://127.0.0.1:{port}"
    async with watching(url) as clients:
        async with served(app_of(numbers), port=port):
            for number in (1, 2):
                await numbers.say(number)
            await clients.until(lambda: clients.saw == all_saw(1, 2))
        await numbers.say(3)
        async with served(app_of(numbers), port=port):
            await clients.until(lambda: clients.saw == all_saw(1, 2, 3))
            await numbers.say(4)
            await clients.until(lambda: clients.saw == all_saw(1, 2, 3, 4))
            # Some are so quick that they meet the old server once more.
            told = {name: set(closed) for name, closed in clients.closed.items()}
            assert told == {name: {(1012, "The server restarts")} for name in ON_SOCKETS}


async def test_a_client_whose_token_expires_is_told_so_and_comes_back_with_another() -> None:
    numbers, issuer = Numbers(), issuing()
    settings = {"authentication": {**issuer.settings()["authentication"], "leeway_seconds": 60}}
    app, _ = fake_app(settings, extras=issuer.extras(), engine=numbers)
    expired, good = issuer.token("ada", exp=time.time() - 1), issuer.token("ada")
    async with served(app) as url, watching(url, "graphql-ws", f"{expired},{good}") as clients:
        await clients.until(lambda: bool(clients.closed))
        await numbers.say(1)
        await clients.until(lambda: clients.saw == {"graphql-ws": [1]})
        assert clients.closed == {"graphql-ws": [(4403, "The token has expired")]}
        assert {context.identity.subject for context in numbers.contexts if context.identity} == {"ada"}
