"""The real clients from npm, each with its own flows, against a router on a real server; and the audit of
GraphQL over
HTTP.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests import npm
from tests.router.transport.fake import fake_app
from tests.router.transport.serving import served

SOURCES = Path(__file__).parent / "clients"
HELLO = [{"hello": "hello world"}]
COUNT = [{"count": number} for number in (1, 2, 3)]


@pytest.fixture(scope="module")
def clients() -> Path:
    """The folder the scripts run in."""
    if not npm.is_available():
        pytest.skip(npm.MISSING)
    return npm.installed(SOURCES)


async def run(folder: Path, *command: str) -> bytes:
    """What a command prints; its own complaint when it fails."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, complaint = await process.communicate()
    assert process.returncode == 0, complaint.decode()
    return output


async def test_the_audit_of_graphql_over_http_finds_nothing(clients: Path) -> None:
    app, _ = fake_app()
    async with served(app) as url:
        result = orjson.loads(await run(clients, "node", "audit.mjs", f"{url}/graphql"))
    assert result == {"total": 61, "failed": []}


async def test_every_client_queries_mutates_subscribes_and_understands_errors(clients: Path) -> None:
    app, engine = fake_app()
    async with served(app) as url:
        flows: dict[str, Any] = orjson.loads(await run(clients, "node", "flows.mjs", f"{url}/graphql"))
    assert set(flows) == {
        "graphql-ws",
        "graphql-sse, distinct",
        "graphql-sse, single",
        "subscriptions-transport-ws",
        "@apollo/client",
        "urql",
    }
    for name, flow in flows.items():
        for key, value in flow.items():
            if key.startswith("query") or key == "afterwards":
                assert value == HELLO, name
            elif key == "mutation":
                assert list(value[0]) == ["add"], name
            elif "ubscription" in key:
                assert value == COUNT, f"{name}: {key}"
            else:
                codes = value[0] if isinstance(value[0], list) else value
                assert codes in (["GRAPHQL_PARSE_FAILED"], ["GRAPHQL_VALIDATION_FAILED"]), name
    assert engine.total == len(flows)
