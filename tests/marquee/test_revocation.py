"""A session that has ended takes its access tokens along at once, however it ended: in the same process, and
by Redis in routers of their own.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import jwt
import orjson
import pytest
import pytest_asyncio

from marquee.cinema import Cinema, open_cinema
from marquee.demo.data import DEMO_PASSWORD
from marquee_router.config.loader import load_config
from marquee_router.execution.in_process import InProcessTransport
from marquee_router.security.ended_sessions import EndedSessions
from marquee_subgraphs.kit.settings import load_settings
from marquee_subgraphs.users.domain import Role
from tests.eventually import eventually
from tests.marquee.running import ROOT
from tests.redis_servers import OwnRedis, own_redis
from tests.router.transport.serving import served
from tests.subgraphs.door import staff

__all__ = ["own_redis"]

pytestmark = pytest.mark.asyncio(loop_scope="module")

REGISTER = "mutation ($input: RegisterUserInput!) { registerUser(input: $input) { accessToken } }"
LOGIN = "mutation ($input: LoginInput!) { login(input: $input) { accessToken } }"
LOGOUT = "mutation ($input: LogoutInput!) { logout(input: $input) { errors { code } } }"
PASSWORD = "mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { errors { code } } }"
ERASE = "mutation ($input: EraseMyAccountInput!) { eraseMyAccount(input: $input) { errors { code } } }"
ME = "{ me { id email } }"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def cinema(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cinema]:
    async with open_cinema(load_settings({}, data_dir=tmp_path_factory.mktemp("revocation"))) as opened:
        yield opened


async def ask(cinema: Cinema, query: str, token: str | None = None, **variables: Any) -> Any:
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    body = orjson.dumps({"query": query, "variables": variables})
    return orjson.loads((await InProcessTransport(cinema.app).fetch(body, headers, 30.0)).body)


async def devices(cinema: Cinema, name: str, count: int) -> list[str]:
    """The access tokens of a new person's devices, each of them good."""
    email = f"{name}@example.com"
    who = {"name": "Ana Quispe", "email": email, "password": DEMO_PASSWORD, "locale": "ES"}
    tokens = [(await ask(cinema, REGISTER, input=who))["data"]["registerUser"]["accessToken"]]
    while len(tokens) < count:
        signed_in = await ask(cinema, LOGIN, input={"email": email, "password": DEMO_PASSWORD})
        tokens.append(signed_in["data"]["login"]["accessToken"])
    assert [await reason(cinema, token) for token in tokens] == [None] * count
    return tokens


async def reason(cinema: Cinema, token: str) -> str | None:
    """Why a token is refused; None when it is good."""
    answer = await ask(cinema, ME, token)
    if "errors" not in answer:
        assert answer["data"]["me"]["id"]
        return None
    return str(answer["errors"][0]["extensions"]["reason"])


async def test_signing_out_one_device_leaves_the_others(cinema: Cinema) -> None:
    phone, laptop = await devices(cinema, "one", 2)
    assert "errors" not in await ask(cinema, LOGOUT, phone, input={"allDevices": False})
    assert [await reason(cinema, token) for token in (phone, laptop)] == ["REVOKED", None]


async def test_signing_out_everywhere_ends_every_token(cinema: Cinema) -> None:
    tokens = await devices(cinema, "all", 3)
    assert "errors" not in await ask(cinema, LOGOUT, tokens[0], input={"allDevices": True})
    assert [await reason(cinema, token) for token in tokens] == ["REVOKED"] * 3


async def test_a_new_password_ends_the_other_devices(cinema: Cinema) -> None:
    mine, thief = await devices(cinema, "password", 2)
    change = {"currentPassword": DEMO_PASSWORD, "newPassword": "another quiet evening"}
    assert (await ask(cinema, PASSWORD, mine, input=change))["data"]["changePassword"]["errors"] == []
    assert [await reason(cinema, token) for token in (mine, thief)] == [None, "REVOKED"]


async def test_an_erased_account_and_a_changed_role_end_theirs(cinema: Cinema) -> None:
    [erased] = await devices(cinema, "erased", 1)
    await ask(cinema, ERASE, erased, input={"password": DEMO_PASSWORD})
    assert await reason(cinema, erased) == "REVOKED"
    [promoted] = await devices(cinema, "promoted", 1)
    user_id = (await ask(cinema, ME, promoted))["data"]["me"]["id"]
    admin = staff("users:write")
    await cinema.service("users").accounts.set_role(
        admin, user_id=user_id, role=Role.BOX_OFFICE, cinema_ids=None, reason="hired"
    )
    assert await reason(cinema, promoted) == "REVOKED"


async def test_signing_out_ends_what_the_device_has_open(tmp_path: Path) -> None:
    payload = {"query": "subscription { notificationReceived { id } }"}
    async with (
        open_cinema(load_settings({}, data_dir=tmp_path)) as cinema,
        served(cinema.app) as url,
        aiohttp.ClientSession() as client,
        asyncio.timeout(30),
    ):
        phone, laptop = await devices(cinema, "open", 2)
        sockets = [
            await client.ws_connect(f"{url}/graphql", protocols=["graphql-transport-ws"]) for _ in range(2)
        ]
        for socket, token in zip(sockets, (phone, laptop), strict=True):
            await socket.send_json({"type": "connection_init", "payload": {"authorization": token}})
            await socket.receive_json()
            await socket.send_json({"id": "1", "type": "subscribe", "payload": payload})
        await ask(cinema, LOGOUT, phone, input={"allDevices": False})
        assert (await sockets[0].receive()).data == 4403
        await sockets[1].send_json({"type": "ping"})
        assert (await sockets[1].receive_json())["type"] == "pong"
        for socket in sockets:
            await socket.close()


async def test_a_router_of_its_own_process_hears_of_it_by_redis(
    own_redis: OwnRedis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the settings that `deploy/router.yaml` has."""
    monkeypatch.setenv("MARQUEE_REDIS_URL", own_redis.url)
    told = EndedSessions(load_config(ROOT / "deploy" / "router.yaml").authentication.ended_sessions)
    told.open()
    settings = load_settings(dict(os.environ), data_dir=tmp_path)
    async with open_cinema(settings) as cinema, asyncio.timeout(20):
        phone, laptop = await devices(cinema, "apart", 2)
        await ask(cinema, LOGOUT, phone, input={"allDevices": False})
        mine, other = (jwt.decode(token, options={"verify_signature": False}) for token in (phone, laptop))
        await eventually(lambda: told.is_revoked(mine))
        assert not told.is_revoked(other)
    await told.aclose()
