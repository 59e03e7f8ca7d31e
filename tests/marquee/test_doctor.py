"""`marquee doctor` says what is wrong and what to do, quickly, and never a secret."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from click.testing import CliRunner, Result

from marquee.cli.doctor import command
from marquee.doctor import Finding, Verdict, examine, finding, machine, services
from marquee.subgraphs import NAMES
from marquee_subgraphs.users.adapters.signing_keys import read_or_make_key
from tests.redis_servers import redis_url
from tests.subgraphs.amqp import amqp_server
from tests.subgraphs.stores import postgres_database, postgres_url

__all__ = ["amqp_server", "postgres_database", "postgres_url", "redis_url"]
SECRET = "hush-hush-7351"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings from outside; composing, which takes a second, only where a test is about it."""
    import os

    for name in list(os.environ):
        if name.startswith("MARQUEE_") and not name.startswith("MARQUEE_TEST_"):
            monkeypatch.delenv(name)

    async def current() -> Finding:
        return finding.good("supergraph", "current")

    monkeypatch.setattr(machine, "supergraph", current)
    monkeypatch.setenv("MARQUEE_PORT", "0")


@pytest.fixture
def dead_port() -> Iterator[int]:
    """A port that refuses connections: it is bound, and not listened on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


async def examined(tmp_path: Path, **given: object) -> dict[str, Finding]:
    found = await examine(NAMES, {"data_dir": tmp_path, **given})
    return {each.name: each for each in found}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments))


def test_a_fresh_machine_is_well(tmp_path: Path) -> None:
    result = run("--data-dir", str(tmp_path))
    assert result.exit_code == 0, result.output
    assert "✗" not in result.output
    assert result.output.endswith("All is well.\n")


def test_settings_that_cannot_be_used_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARQUEE_REDIS_URL", f"http://user:{SECRET}@redis")
    monkeypatch.setenv("MARQUEE_LOG_LEVEL", "loud")
    result = run("--json")
    assert result.exit_code == 1
    report = json.loads(result.output)
    assert report["ok"] is False
    details = [each["detail"] for each in report["findings"] if each["verdict"] == "bad"]
    assert [detail.split(":")[0] for detail in details] == ["MARQUEE_LOG_LEVEL", "MARQUEE_REDIS_URL"]
    assert SECRET not in result.output


async def test_what_does_not_answer_is_bad_soon_and_shows_no_secret(
    tmp_path: Path, dead_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = f"user:{SECRET}@127.0.0.1:{dead_port}"
    for name, value in {
        "POSTGRES_URL": f"postgresql://{there}",
        "REDIS_URL": f"redis://{there}/0",
        "AMQP_URL": f"amqp://{there}/",
        "MONGO_URL": f"mongodb://{there}",
        "SMTP_URL": f"smtp://{there}",
        "SMS_URL": f"http://127.0.0.1:{dead_port}",
        "SMS_KEY": f"account:{SECRET}",
        "SMS_FROM": "Marquee",
        "STRIPE_KEY": f"sk_test_{SECRET}",
        "STRIPE_URL": f"http://127.0.0.1:{dead_port}",
        "OTLP_URL": f"http://127.0.0.1:{dead_port}",
        "ROUTER_KEYS": f"http://127.0.0.1:{dead_port}/jwks.json",
    }.items():
        monkeypatch.setenv(f"MARQUEE_{name}", value)
    began = time.monotonic()
    found = await examined(tmp_path)
    assert time.monotonic() - began < 15
    bad = {name for name, each in found.items() if each.verdict is Verdict.BAD}
    assert bad == {
        *("PostgreSQL", "clock", "tables", "Redis", "RabbitMQ", "MongoDB"),
        *("mail", "SMS", "payments", "traces", "router's keys"),
    }
    assert all(each.advice for each in found.values() if each.verdict is not Verdict.GOOD)
    assert SECRET not in str(found)


async def test_an_error_that_quotes_a_secret_is_told_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def looked(*_: object) -> Finding:
        raise ValueError(f"cannot read redis://user:{SECRET}@host")

    monkeypatch.setattr(services, "_redis", looked)
    monkeypatch.setenv("MARQUEE_REDIS_URL", f"redis://user:{SECRET}@host")
    found = await examined(tmp_path)
    assert found["Redis"].verdict is Verdict.BAD
    assert "***" in found["Redis"].detail
    assert SECRET not in str(found)


async def test_postgres_tells_its_version_role_databases_and_time(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = postgres_url.rpartition("/")[0]
    monkeypatch.setenv("MARQUEE_POSTGRES_URL", server)
    monkeypatch.setenv("MARQUEE_MIGRATE", "check")
    # The server may hold databases of others, so the test looks for names that do not exist.
    monkeypatch.setattr(
        "marquee_subgraphs.kit.settings.Settings.database_url", lambda _, name: _missing(server, name)
    )
    found = await examined(tmp_path)
    assert found["PostgreSQL"].verdict is not Verdict.BAD
    assert " databases" in found["PostgreSQL"].detail
    assert found["clock"].verdict is Verdict.GOOD
    assert found["tables"].verdict is Verdict.BAD
    assert found["tables"].advice == "Run `marquee migrate`."
    monkeypatch.setenv("MARQUEE_MIGRATE", "auto")
    assert (await examined(tmp_path))["tables"].verdict is Verdict.GOOD


def _missing(server: str, name: str) -> str:
    return f"{server.replace('postgresql:', 'postgresql+asyncpg:')}/nobody_has_{name}"


async def test_redis_tells_its_version(
    tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARQUEE_REDIS_URL", redis_url)
    found = (await examined(tmp_path))["Redis"]
    assert found.verdict is Verdict.GOOD
    assert found.milliseconds is not None


async def test_rabbitmq_tells_its_version(
    tmp_path: Path, amqp_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARQUEE_AMQP_URL", amqp_server)
    found = (await examined(tmp_path))["RabbitMQ"]
    assert found.verdict is Verdict.GOOD
    assert found.detail[0].isdigit()


async def test_a_mail_server_greets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Controller(Sink(), hostname="127.0.0.1", port=_free_port())
    server.start()
    try:
        monkeypatch.setenv("MARQUEE_SMTP_URL", f"smtp://127.0.0.1:{server.port}")
        found = (await examined(tmp_path))["mail"]
    finally:
        server.stop()
    assert found.verdict is Verdict.GOOD
    assert "greets" in found.detail


@pytest.mark.parametrize(
    ("status", "expected"), [(200, Verdict.WARNING), (401, Verdict.BAD), (404, Verdict.BAD)]
)
async def test_a_payment_key_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, expected: Verdict
) -> None:
    async with answering(status) as url:
        monkeypatch.setenv("MARQUEE_STRIPE_URL", url)
        monkeypatch.setenv("MARQUEE_STRIPE_KEY", "sk_test_1234567890")
        found = (await examined(tmp_path))["payments"]
    assert found.verdict is expected, found
    assert found.advice is not None


def test_a_key_that_others_can_read_is_bad(tmp_path: Path) -> None:
    path = tmp_path / "users-signing-key.pem"
    read_or_make_key(path)
    assert run("--data-dir", str(tmp_path)).exit_code == 0
    path.chmod(0o644)
    result = run("--data-dir", str(tmp_path))
    assert result.exit_code == 1
    assert f"chmod 600 {path}" in result.output
    path.write_text("no key")
    path.chmod(0o600)
    assert "no Ed25519 key" in run("--data-dir", str(tmp_path)).output


async def test_a_port_is_free_or_taken_or_ours(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        found = (await examined(tmp_path, port=other.getsockname()[1]))["port"]
    assert found.verdict is Verdict.BAD
    async with answering(200, {"status": "ok"}) as url:
        found = (await examined(tmp_path, port=int(url.rpartition(":")[2])))["port"]
    assert found.verdict is Verdict.GOOD
    assert "Marquee that runs" in found.detail


def test_a_data_folder_that_cannot_be_is_bad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    monkeypatch.setenv("MARQUEE_DATA_DIR", str(blocked / "data"))
    result = run()
    assert result.exit_code == 1
    assert "cannot be written" in result.output


async def test_a_supergraph_that_is_not_current_is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert (await machine.supergraph()).verdict is Verdict.GOOD

    async def other() -> dict[Path, str]:
        return {Path(__file__): "something else"}

    monkeypatch.setattr("marquee.artefacts.generate", other)
    found = await machine.supergraph()
    assert (found.verdict, found.advice) == (Verdict.BAD, "Run `marquee schema`.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def answering(status: int, body: object = None) -> AsyncIterator[str]:
    """A server that answers everything alike."""

    async def answer(_: web.Request) -> web.Response:
        return web.json_response(body, status=status)

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        assert site._server is not None
        port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]  # a server has sockets
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()
        await asyncio.sleep(0)
