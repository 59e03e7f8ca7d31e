"""The whole cinema from wheels, in a folder that has modules with the names of ours."""

from __future__ import annotations

import json
import re
import signal
import urllib.request
from collections.abc import Iterator
from subprocess import PIPE, STDOUT, Popen

import pytest

from tests.packaging.distributions import PARTS, ROOT, Environment


@pytest.fixture(scope="module")
def address(cinema: Environment) -> Iterator[str]:
    """Where `marquee up` serves; it must end cleanly."""
    command = [cinema.program("marquee"), "up", "--port", "0"]
    with Popen(command, cwd=cinema.work, stdout=PIPE, stderr=STDOUT, text=True) as process:
        assert process.stdout is not None
        try:
            yield re.findall(r"Marquee is open:\s+(\S+)/", process.stdout.readline())[0]
        finally:
            process.send_signal(signal.SIGTERM)
            said = process.stdout.read()
    assert process.returncode == 0, said


def get(address: str) -> str:
    request = urllib.request.Request(address, headers={"accept": "text/html"})  # noqa: S310
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        return str(answer.read().decode())


def test_it_serves_the_page_graphiql_and_the_films(cinema: Environment, address: str) -> None:
    page = get(address)
    assert "/static/app/app.js" in page
    assert len(get(f"{address}/static/app/app.js")) > 10_000
    assert "GraphiQL" in get(f"{address}/graphql")
    assert "<svg" in get(f"{address}/posters/metropolis.svg")
    body = json.dumps({"query": "{ movies(first: 1) { nodes { title } } }"}).encode()
    request = urllib.request.Request(f"{address}/graphql", body, {"content-type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        assert "errors" not in json.load(answer)
    assert (cinema.work / ".marquee").is_dir()


def test_none_of_it_comes_from_the_checkout(cinema: Environment) -> None:
    program = "import sys; print(*(__import__(name).__file__ for name in sys.argv[1:]))"
    shown = cinema.run("python", "-P", "-c", program, *PARTS.values()).split()
    assert len(shown) == len(PARTS)
    assert [file for file in shown if file.startswith(str(ROOT))] == []


def test_its_commands_know_the_packaged_supergraph(cinema: Environment) -> None:
    (cinema.work / "operation.graphql").write_text("{ movies { totalCount } }")
    assert cinema.run("marquee", "plan", "--operation", "operation.graphql").startswith("QueryPlan {")
    assert "--config" in cinema.run("marquee", "compose", code=2)
    assert "checkout" in cinema.run("marquee", "schema", "--check", code=2)
    assert "supergraph" in cinema.run("marquee", "doctor", "--port", "0", "--data-dir", "examined")
    assert "marquee, version 0." in cinema.run("marquee", "--version")
