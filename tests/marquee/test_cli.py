"""The command line, as somebody meets it who has never seen it: what it teaches, and how it says no."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from click.testing import CliRunner, Result

from marquee.cli import COMMANDS, cli
from tests.marquee.running import ROOT, Cinema, marquee

PRODUCTS = """extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"])
type Query { product(id: ID!): Product }
type Product @key(fields: "id") { id: ID! name: String! }
"""
PRICES = """extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"])
type Product @key(fields: "id") { id: ID! price: Int! }
"""
OPERATION = "{ product(id: 1) { name price } }"


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    """A folder with a graph of two subgraphs, and an operation."""
    (tmp_path / "products.graphql").write_text(PRODUCTS)
    (tmp_path / "prices.graphql").write_text(PRICES)
    (tmp_path / "operation.graphql").write_text(OPERATION)
    write_graph(tmp_path, products="http://127.0.0.1:1/graphql", prices="http://127.0.0.1:2/graphql")
    return tmp_path


def write_graph(folder: Path, **urls: str) -> None:
    entries = {
        name: {"routing_url": url, "schema": {"file": f"{name}.graphql"}} for name, url in urls.items()
    }
    (folder / "graph.yaml").write_text(json.dumps({"subgraphs": entries}))


def run(*arguments: str, environment: dict[str, str] | None = None) -> Result:
    """Run a command in this process: a tenth of the time of a process of its own."""
    finished = CliRunner().invoke(cli, arguments, prog_name="marquee", env=environment)
    assert finished.exception is None or isinstance(finished.exception, SystemExit), finished.exception
    return finished


def compose(folder: Path, *options: str) -> tuple[int, dict[str, Any]]:
    """The exit code and the verdict as JSON."""
    finished = run("compose", "--config", str(folder / "graph.yaml"), "--json", *options)
    return finished.exit_code, json.loads(finished.stdout)


def refusal(*arguments: str, environment: dict[str, str] | None = None) -> str:
    """What a command says that cannot be done; it exits 2."""
    finished = run(*arguments, environment=environment)
    assert finished.exit_code == 2, finished.output
    return finished.stderr


def test_help_teaches() -> None:
    whole = marquee("--help")
    assert whole.returncode == 0, whole.stderr
    for name, sentence in COMMANDS.items():
        assert name in whole.stdout
        shown = run(name, "--help")
        assert shown.exit_code == 0
        assert f"Usage: marquee {name}" in shown.output
        assert sentence.split(".", maxsplit=1)[0][:30] in " ".join(shown.output.split())


def test_the_readme_has_every_command_and_the_current_settings() -> None:
    readme = (ROOT / "README.md").read_text()
    commands = readme[readme.index("## Commands") : readme.index("## The router alone")]
    assert [name for name in COMMANDS if not re.search(rf"`(marquee )?{name}\b", commands)] == []
    assert run("settings").output.strip() in readme


def test_a_command_that_is_not_there_is_named() -> None:
    assert "'nosuch'" in refusal("nosuch")


@pytest.mark.parametrize("command", ["up", "router"])
def test_a_taken_port_is_said(command: str, graph: Path) -> None:
    options = {"up": ["--data-dir", str(graph)], "router": ["--supergraph", str(graph / "graph.yaml")]}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = refusal(command, "--port", port, *options[command])
    assert f"127.0.0.1:{port}" in said
    assert "--port" in said


@pytest.mark.parametrize(
    ("variable", "value"), [("MARQUEE_PORT", "banana"), ("MARQUEE_POSTGRES_URL", "http://x")]
)
@pytest.mark.parametrize("command", [["up"], ["verify"], ["events", "dead"]], ids=lambda words: words[0])
def test_a_setting_that_cannot_be_used_is_named(command: list[str], variable: str, value: str) -> None:
    assert variable in refusal(*command, environment={variable: value})


def test_subgraphs_that_fit_are_composed_and_drift_is_seen(graph: Path) -> None:
    output = graph / "supergraph.graphql"
    fine = {"ok": True, "errors": [], "hints": []}
    assert compose(graph, "-o", str(output)) == (0, fine)
    text = output.read_text()
    assert "join__Graph" in text
    assert compose(graph, "-o", str(output), "--check") == (0, fine)
    (graph / "prices.graphql").write_text(PRICES.replace("Int!", "Int"))
    code, verdict = compose(graph, "-o", str(output), "--check")
    assert (code, verdict["ok"]) == (1, False)
    assert [error["code"] for error in verdict["errors"]] == ["SUPERGRAPH_DRIFT"]
    assert output.read_text() == text, "a check writes nothing"


def test_subgraphs_that_do_not_fit_are_told_why_and_where(graph: Path) -> None:
    (graph / "prices.graphql").write_text(PRICES.replace("price:", "name: Int! price:"))
    code, verdict = compose(graph)
    assert (code, verdict["ok"], verdict["hints"]) == (1, False, [])
    mismatch = next(error for error in verdict["errors"] if error["code"] == "FIELD_TYPE_MISMATCH")
    assert "Product.name" in mismatch["message"]
    assert {location.split(":")[0] for location in mismatch["locations"]} == {"products", "prices"}
    finished = run("compose", "--config", str(graph / "graph.yaml"))
    assert finished.exit_code == 1
    assert "error[FIELD_TYPE_MISMATCH]: " in finished.stderr


def test_a_list_of_subgraphs_that_cannot_be_read_is_named_with_its_line(graph: Path) -> None:
    assert "nosuch.yaml" in refusal("compose", "--config", str(graph / "nosuch.yaml"))
    (graph / "graph.yaml").write_text("subgraphs: {\n  products: [\n")
    assert "graph.yaml:3" in refusal("compose", "--config", str(graph / "graph.yaml"))


def test_a_plan_is_printed_as_text_and_as_json(graph: Path) -> None:
    supergraph, operation = graph / "supergraph.graphql", graph / "operation.graphql"
    compose(graph, "-o", str(supergraph))
    plan = ("plan", "--supergraph", str(supergraph), "--operation", str(operation))
    text = run(*plan).stdout
    assert text.startswith("QueryPlan {")
    assert "products" in text
    assert "prices" in text
    shown = json.loads(run(*plan, "--format", "json").stdout)
    assert shown["kind"] == "Sequence"


def test_what_is_wrong_with_an_operation_is_shown_with_its_line(graph: Path) -> None:
    supergraph, operation = graph / "supergraph.graphql", graph / "operation.graphql"
    compose(graph, "-o", str(supergraph))
    plan = ("plan", "--supergraph", str(supergraph), "--operation", str(operation))
    operation.write_text("{\n  product(id: 1) {\n    nme\n    nosuch }\n}")
    first, second = refusal(*plan).split("\n\n")
    assert first.splitlines() == [
        "error[GRAPHQL_VALIDATION_FAILED]: Cannot query field 'nme' on type 'Product'. Did you mean 'name'?",
        f" --> {operation}:3:5",
        "  |",
        "3 |     nme",
        "  |     ^^^",
    ]
    assert f" --> {operation}:4:5" in second
    operation.write_text("{\n  product(id: 1) {\n    name }}\n}")
    syntax = refusal(*plan).splitlines()
    assert syntax[0].startswith("error[GRAPHQL_PARSE_FAILED]: Syntax Error: ")
    assert syntax[1:] == [f" --> {operation}:4:1", "  |", "4 | }", "  | ^"]
    operation.write_text("query A { product(id: 1) { name } } query B { __typename }")
    assert str(operation) in refusal(*plan)
    assert '"C"' in refusal(*plan, "--name", "C")
    operation.write_bytes(b"{ products\xff }")
    assert f"{operation}: not UTF-8" in refusal(*plan)


def test_an_operation_that_cannot_be_planned_is_shown_with_its_name_and_line(graph: Path) -> None:
    supergraph, operation = graph / "supergraph.graphql", graph / "operation.graphql"
    compose(graph, "-o", str(supergraph))
    text = supergraph.read_text()
    supergraph.write_text(text.replace('@join__type(graph: PRICES, key: "id")', "@join__type(graph: PRICES)"))
    plan = ("plan", "--supergraph", str(supergraph), "--operation", str(operation))
    operation.write_text(
        "query Other { __typename }\n"
        "query Shop { found: product(id: 1) { name ...Priced } }\n"
        "fragment Priced on Product {\n  ... { cost: price }\n}"
    )
    said = refusal(*plan, "--name", "Shop").splitlines()
    assert said[0].startswith('error[QUERY_PLANNING_FAILED]: No subgraph can answer "Product.price"')
    assert said[1] == "  in the query Shop"
    assert said[2:] == [f" --> {operation}:4:9", "  |", "4 |   ... { cost: price }", "  |         ^^^^"]
    assert "Choose one by --name: Other, Shop." in refusal(*plan)
    operation.write_text("\n{ product(id: 1) { " + "__typename @skip(if: true) " * 3 + "price } }")
    anonymous = refusal(*plan).splitlines()
    assert anonymous[1] == "  in the query without a name"
    assert anonymous[2].startswith(f" --> {operation}:2:")


def test_a_supergraph_that_is_broken_is_named_with_its_line(graph: Path) -> None:
    broken = graph / "broken.graphql"
    broken.write_text("type Query {\n  a: Int\n  b: [\n}\n")
    said = marquee("router", "--supergraph", str(broken), "--port", "0")
    assert said.returncode == 2
    assert "broken.graphql: line 4: " in said.stderr
    assert "Traceback" not in said.stderr
    assert "nosuch" in refusal("router", "--supergraph", str(graph / "nosuch"), "--port", "0")
    assert "--subgraph" in refusal("router")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("http:\n  max_body_bytes: banana\n", ":2: http.max_body_bytes"),
        ("http:\n  max_body_bytes: [\n", ":3"),
    ],
)
def test_a_configuration_that_is_broken_is_named_with_its_line(graph: Path, text: str, where: str) -> None:
    config = graph / "router.yaml"
    config.write_text(text)
    supergraph = str(graph / "products.graphql")
    assert f"router.yaml{where}" in refusal("router", "--supergraph", supergraph, "--config", str(config))


def test_verify_and_events_say_when_marquee_has_not_run_there(tmp_path: Path) -> None:
    for command in (["verify"], ["events", "dead"]):
        said = refusal(*command, "--data-dir", str(tmp_path))
        assert str(tmp_path) in said
        assert "has Marquee run there?" in said
    assert list(tmp_path.iterdir()) == []


@asynccontextmanager
async def subgraph() -> AsyncIterator[str]:
    """A subgraph of one field over HTTP; yields its address."""

    async def answer(request: web.Request) -> web.Response:
        assert "product" in (await request.json())["query"]
        return web.json_response({"data": {"product": {"name": "Ticket"}}})

    app = web.Application()
    app.router.add_post("/graphql", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/graphql"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def router(*arguments: str) -> AsyncIterator[tuple[str, asyncio.subprocess.Process]]:
    """A router's address and process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "marquee", "router", "--port", "0", *arguments,
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert process.stdout is not None
    try:
        async with asyncio.timeout(90):
            found = re.search(r"listens on (http://\S+)/graphql", (await process.stdout.readline()).decode())
        assert found
        yield found[1], process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_a_router_answers_by_one_process_or_several_and_ends_cleanly(graph: Path) -> None:
    async with subgraph() as url:
        write_graph(graph, products=url)
        supergraph = str(graph / "supergraph.graphql")
        await asyncio.to_thread(compose, graph, "-o", supergraph)
        await asyncio.gather(
            *(answers_and_ends("--supergraph", supergraph, "--workers", count) for count in ("1", "2"))
        )


async def answers_and_ends(*arguments: str) -> None:
    async with router(*arguments) as (address, process), aiohttp.ClientSession() as session:
        async with session.get(f"{address}/health") as response:
            assert (response.status, await response.json()) == (200, {"status": "ok"})
        body = {"query": "{ product(id: 1) { name } }"}
        async with session.post(f"{address}/graphql", json=body) as response:
            assert await response.json() == {"data": {"product": {"name": "Ticket"}}}
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(15):
            assert process.stdout is not None
            await process.stdout.read()  # ends once no process has it open
            assert await process.wait() == 0


async def test_workers_end_when_their_parent_is_killed(graph: Path) -> None:
    supergraph = str(graph / "supergraph.graphql")
    await asyncio.to_thread(compose, graph, "-o", supergraph)
    async with router("--supergraph", supergraph, "--workers", "2") as (_, process):
        process.kill()
        async with asyncio.timeout(15):
            assert process.stdout is not None
            await process.stdout.read()  # ends once no process has it open


async def test_without_demo_data_it_starts_empty_and_data_survive_a_restart(tmp_path: Path) -> None:
    empty = {name: {"totalCount": 0} for name in ("movies", "cinemas", "showtimes", "rewards")}
    query = "{ movies { totalCount } cinemas { totalCount } showtimes { totalCount } rewards { totalCount } }"
    async with Cinema(tmp_path, ("--no-demo",)) as cinema, cinema.guest() as guest:
        assert await guest.get(query) == empty
        await guest.register("stays@example.com", "Who Stays")
    async with Cinema(tmp_path, ("--no-demo",)) as cinema, cinema.guest() as guest:
        again = await guest.log_in("stays@example.com", "a quiet evening")
        assert (await again.get("{ me { name } }"))["me"]["name"] == "Who Stays"
        dead = await asyncio.to_thread(marquee, "events", "dead", "--data-dir", str(tmp_path))
        assert (dead.returncode, dead.stdout) == (0, "No dead letters.\n")
