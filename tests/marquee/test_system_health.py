"""`systemHealth`: every service asked by one query; one that is down is null, and says so by itself."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import orjson
import pytest

from marquee.cinema import Cinema, open_cinema
from marquee.demo.data import DEMO_PASSWORD, DemoData
from marquee.subgraphs import NAMES
from marquee_router.execution.in_process import InProcessTransport
from marquee_subgraphs.kit.settings import load_settings
from marquee_subgraphs.kit.version import VERSION
from tests.marquee.running import ROOT

SERVICES = " ".join(f"{name} {{ status version since parts {{ name status }} }}" for name in NAMES)
HEALTH = f"{{ systemHealth {{ {SERVICES} }} }}"


async def ask(cinema: Cinema, query: str, token: str | None = None) -> Any:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    reply = await InProcessTransport(cinema.app).fetch(orjson.dumps({"query": query}), headers, 30.0)
    return orjson.loads(reply.body)


async def log_in(cinema: Cinema, who: str) -> str:
    given = f'{{ email: "{who}@marquee.test", password: "{DEMO_PASSWORD}" }}'
    answer = await ask(cinema, f"mutation {{ login(input: {given}) {{ accessToken }} }}")
    token: str = answer["data"]["login"]["accessToken"]
    return token


async def test_an_admin_sees_every_service_and_one_that_is_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_cinema(load_settings({}, data_dir=tmp_path)) as cinema:
        await DemoData(cinema).prepare()
        admin = await log_in(cinema, "admin")
        answer = await ask(cinema, HEALTH, admin)
        assert "errors" not in answer, answer["errors"]
        health = answer["data"]["systemHealth"]
        assert set(health) == set(NAMES)
        assert {(each["status"], each["version"]) for each in health.values()} == {("READY", VERSION)}
        assert {part["status"] for each in health.values() for part in each["parts"]} == {"ok"}
        assert {"name": "database", "status": "ok"} in health["tickets"]["parts"]

        async def failing() -> None:
            raise ConnectionRefusedError("postgresql://secret@host")

        started = cinema.subgraphs["loyalty"]._started
        assert started is not None
        monkeypatch.setitem(started.readiness._checks, "database", failing)
        await cinema.subgraphs["reviews"].stop()
        answer = await ask(cinema, HEALTH, admin)
        health = answer["data"]["systemHealth"]
        assert health["reviews"] is None
        assert [error["extensions"]["serviceName"] for error in answer["errors"]] == ["reviews"]
        assert health["loyalty"]["status"] == "NOT_READY"
        assert {"name": "database", "status": "ConnectionRefusedError"} in health["loyalty"]["parts"]
        assert "secret" not in str(answer)
        assert {health[name]["status"] for name in NAMES if name not in ("reviews", "loyalty")} == {"READY"}

        for token in (None, await log_in(cinema, "customer"), await log_in(cinema, "manager")):
            answer = await ask(cinema, HEALTH, token)
            assert answer["data"] is None or answer["data"]["systemHealth"] is None
            assert answer["errors"]


async def test_an_export_leads_to_what_every_service_keeps(tmp_path: Path) -> None:
    async with open_cinema(load_settings({}, data_dir=tmp_path)) as cinema:
        await DemoData(cinema).prepare()
        token = await log_in(cinema, "customer")
        kept = "orders { totalCount } payments { totalCount } reviews { totalCount } membership { points }"
        query = f"mutation {{ exportMyData {{ data user {{ id {kept} behavior {{ orders }} }} }} }}"
        answer = await ask(cinema, query, token)
        assert "errors" not in answer, answer["errors"]
        export = answer["data"]["exportMyData"]
        assert export["user"]["id"] == export["data"]["user"]["id"]


@pytest.mark.parametrize("part", ["foundation", "schema", "router", "dataloaders", "subgraphs", "marquee"])
def test_the_version_is_that_of_every_distribution(part: str) -> None:
    project = tomllib.loads((ROOT / part / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == VERSION
    ours = [bound for bound in project["dependencies"] if bound.startswith("marquee")]
    assert all(bound.endswith(f"=={VERSION}") for bound in ours)
