"""The settings of uvicorn: which proxies are believed about a client's address."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from marquee_router.serving.drain import DrainingServer
from marquee_router.serving.server_config import server_config


async def tell_address(scope: Scope, receive: Receive, send: Send) -> None:
    """An app that answers with the address it sees."""
    await PlainTextResponse(scope["client"][0])(scope, receive, send)


@asynccontextmanager
async def served(trusted_proxies: str | None) -> AsyncIterator[str]:
    """The address of the app."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ready = asyncio.Event()
        config = server_config(tell_address, trusted_proxies=trusted_proxies, lifespan="off")
        server = DrainingServer(config, after_start=ready.set)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        await ready.wait()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        await task


@pytest.mark.parametrize(
    ("trusted", "header", "seen"),
    [
        (None, "203.0.113.9", "127.0.0.1"),
        ("10.0.0.0/8", "203.0.113.9", "127.0.0.1"),
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("127.0.0.0/8, 10.0.0.0/8", "198.51.100.1, 203.0.113.9, 10.1.2.3", "203.0.113.9"),
    ],
)
async def test_only_a_proxy_that_is_named_is_believed(trusted: str | None, header: str, seen: str) -> None:
    headers = {"x-forwarded-for": header}
    async with (
        served(trusted) as url,
        aiohttp.ClientSession() as session,
        session.get(url, headers=headers) as response,
    ):
        assert await response.text() == seen
