"""A running cinema as its users meet it: a process of its own, asked over HTTP."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import aiohttp

ROOT = Path(__file__).parents[2]
PASSWORD = "marquee-demo"
START_SECONDS = 40


def marquee(*arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "marquee", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, **(environment or {})},
    )


class Refused(AssertionError):
    """A mutation answered errors where none were expected."""


@dataclass(slots=True)
class Client:
    """Somebody with or without a token, over one pool of connections."""

    session: aiohttp.ClientSession
    url: str
    token: str | None = None

    async def ask(self, query: str, **variables: Any) -> Any:
        """The whole answer, `data` and `errors`."""
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        body = {"query": query, "variables": variables}
        async with self.session.post(f"{self.url}/graphql", json=body, headers=headers) as response:
            assert response.status < 500, await response.text()
            return await response.json(content_type=None)

    async def get(self, query: str, **variables: Any) -> Any:
        """`data` of an answer without errors."""
        answer = await self.ask(query, **variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def do(self, mutation: str, selection: str, **given: Any) -> Any:
        """The payload of a mutation that takes one `input`, its user errors with `code` among them."""
        name = mutation[0].upper() + mutation[1:]
        query = (
            f"mutation ($input: {name}Input!) {{ {mutation}(input: $input)"
            f" {{ {selection} errors {{ __typename code message path }} }} }}"
        )
        return (await self.get(query, input=given))[mutation]

    async def must(self, mutation: str, selection: str, **given: Any) -> Any:
        """The payload of a mutation that succeeds."""
        payload = await self.do(mutation, selection, **given)
        if payload["errors"]:
            raise Refused(f"{mutation}: {payload['errors']}")
        return payload

    async def log_in(self, email: str, password: str = PASSWORD) -> Client:
        """The same client as this user."""
        payload = await self.must("login", "accessToken", email=email, password=password)
        return Client(self.session, self.url, payload["accessToken"])

    async def register(self, email: str, name: str = "Test Person", locale: str = "ES") -> Client:
        """A new customer."""
        payload = await self.must(
            "registerUser", "accessToken", name=name, email=email, password="a quiet evening", locale=locale
        )
        return Client(self.session, self.url, payload["accessToken"])

    async def hold(self, showtime_id: str, seat_ids: list[str]) -> Any:
        """Hold seats that are free."""
        selection = "hold { id token expiresAt seats { id label status mine } }"
        return (await self.must("holdSeats", selection, showtimeId=showtime_id, seatIds=seat_ids))["hold"]

    async def order(self, hold: Any, **changes: Any) -> Any:
        """Place an order of a hold."""
        selection = "order { id number status accessToken total { amount currency } tickets { id } }"
        given = {"holdToken": hold["token"], "idempotencyKey": str(uuid4()), **changes}
        return (await self.must("placeOrder", selection, **given))["order"]

    async def pay(self, order: Any, method: str = "pm_card_visa", key: str | None = None) -> Any:
        """Pay; the payload may carry errors."""
        return await self.do(
            "payOrder",
            "payment { id status amount { amount currency } nextAction { type url } }",
            orderId=order["id"],
            paymentMethod=method,
            idempotencyKey=key or str(uuid4()),
        )

    async def best(self, showtime_id: str, count: int) -> list[str]:
        """The ids of the best free seats."""
        query = "query ($id: ID!, $n: Int!) { showtime(id: $id) { id bestAvailable(count: $n) { id } } }"
        found = await self.get(query, id=showtime_id, n=count)
        return [seat["id"] for seat in found["showtime"]["bestAvailable"]]


@dataclass(slots=True)
class Cinema:
    """The process; `async with` starts it and ends it by SIGTERM, asserting a clean end."""

    data_dir: Path
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    output: list[str] = field(default_factory=list)
    _process: asyncio.subprocess.Process | None = None
    _reading: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "marquee", "up", "--port", "0", "--data-dir", str(self.data_dir),
            *self.arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **self.environment},
        )  # fmt: skip
        started: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._reading = asyncio.create_task(self._read(started))
        async with asyncio.timeout(START_SECONDS):
            self.url = await started
        return self

    @property
    def pid(self) -> int | None:
        """Of the process, while it runs."""
        return None if self._process is None else self._process.pid

    async def _read(self, started: asyncio.Future[str]) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            text = line.decode(errors="replace").rstrip()
            self.output.append(text)
            found = re.search(r"Marquee is open:\s+(\S+)/", text)
            if found and not started.done():
                started.set_result(found[1])
        if not started.done():
            started.set_exception(RuntimeError("\n".join(self.output)))

    async def kill(self) -> None:
        """SIGKILL: nothing is tidied up."""
        assert self._process is not None
        self._process.kill()
        await self._end()

    async def _end(self) -> int:
        assert self._process is not None
        assert self._reading is not None
        code = await self._process.wait()
        await self._reading
        self._process = None
        return code

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(20):
            code = await self._end()
        if kind is None:
            assert code == 0, (code, self.output)
            assert not [line for line in self.output if "Traceback" in line], "\n".join(self.output)

    @asynccontextmanager
    async def guest(self, connections: int = 100) -> AsyncIterator[Client]:
        """A client without a token."""
        connector = aiohttp.TCPConnector(limit=connections)
        async with aiohttp.ClientSession(connector=connector) as session:
            yield Client(session, self.url)


async def showtimes(client: Client, count: int = 10) -> list[Any]:
    """Upcoming showtimes that are far enough away to be sold and refunded."""
    query = "query ($n: Int!) { showtimes(first: $n) { nodes { id startsAt movie { id title } } } }"
    return list((await client.get(query, n=count + 10))["showtimes"]["nodes"][10:])


def verify(data_dir: Path) -> None:
    """`marquee verify` finds nothing."""
    finished = marquee("verify", "--data-dir", str(data_dir))
    assert finished.returncode == 0, finished.stdout + finished.stderr
