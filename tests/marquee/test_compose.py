"""`marquee compose` and `marquee diff`: findings with their lines, watching, contracts, what breaks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from aiohttp import web
from click.testing import CliRunner, Result

from marquee.cli import cli
from marquee_router.cli.subgraph_watch import LoadedGraph, watch_graph
from marquee_router.serving.subgraph_list import GraphError

LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@tag"])\n'
USERS = (
    LINK + 'type Query { me: User }\ntype User @key(fields: "id") { id: ID! mail: String @tag(name: "x") }\n'
)
REVIEWS = LINK + 'type User @key(fields: "id") {\n  id: ID!\n  reviews: Int\n}\n'


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    """A list of two subgraphs."""
    (tmp_path / "users.graphql").write_text(USERS)
    (tmp_path / "reviews.graphql").write_text(REVIEWS)
    listed = {
        name: {"routing_url": f"http://{name}", "schema": {"file": f"{name}.graphql"}}
        for name in ("users", "reviews")
    }
    config = tmp_path / "graph.yaml"
    config.write_text(json.dumps({"subgraphs": listed}))
    return config


def run(*arguments: str | Path) -> Result:
    finished = CliRunner().invoke(cli, [str(each) for each in arguments], prog_name="marquee")
    assert finished.exception is None or isinstance(finished.exception, SystemExit), finished.exception
    return finished


def test_a_problem_shows_the_lines_it_is_about(graph: Path) -> None:
    reviews = graph.with_name("reviews.graphql")
    reviews.write_text(REVIEWS.replace("reviews: Int", "mail: Int"))
    refused = run("compose", "--config", graph)
    assert refused.exit_code == 1
    assert "error[FIELD_TYPE_MISMATCH]" in refused.stderr
    lines = refused.stderr.splitlines()
    shown = lines.index(" --> " + f"{reviews} (reviews):4:3")
    assert lines[shown + 2] == "4 |   mail: Int"
    assert lines[shown + 3] == "  |   ^^^^"
    assert "2 errors" in lines[-1]


def test_a_hint_is_shown_and_is_no_refusal(graph: Path) -> None:
    graph.with_name("users.graphql").write_text(USERS + "type Alone { a: Int }\nenum Unused { A }\n")
    finished = run("compose", "--config", graph, "-o", graph.with_name("supergraph.graphql"))
    assert finished.exit_code == 0
    assert "hint[UNUSED_ENUM_TYPE]" in finished.stderr


def test_a_contract_hides_by_tag(graph: Path) -> None:
    finished = run("compose", "--config", graph, "--exclude-tag", "x")
    assert finished.exit_code == 0
    assert "@inaccessible" in next(line for line in finished.stdout.splitlines() if "mail" in line)


def test_watching_and_checking_exclude_each_other(graph: Path) -> None:
    refused = run("compose", "--config", graph, "--watch", "--check")
    assert refused.exit_code == 2
    assert "--watch" in refused.stderr


async def next_graph(watching: AsyncGenerator[LoadedGraph | GraphError]) -> LoadedGraph | GraphError:
    async with asyncio.timeout(10):
        return await anext(watching)


async def test_a_written_file_is_seen(graph: Path) -> None:
    watching = watch_graph(graph, poll_seconds=60)
    first = await next_graph(watching)
    assert isinstance(first, LoadedGraph)
    waiting = asyncio.create_task(next_graph(watching))
    while not waiting.done():  # the first writes may come before the watch is set up
        graph.with_name("users.graphql").write_text(USERS + "# changed\n")
        await asyncio.wait([waiting], timeout=0.2)
    second = await waiting
    assert isinstance(second, LoadedGraph)
    assert second.subgraphs[0].sdl.endswith("# changed\n")
    await watching.aclose()


def list_running(graph: Path, port: int) -> None:
    graph.write_text(json.dumps({"subgraphs": {"users": {"url": f"http://127.0.0.1:{port}/graphql"}}}))


async def test_a_running_subgraph_is_asked_again(graph: Path) -> None:
    sdl = USERS

    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"data": {"_service": {"sdl": sdl}}})

    app = web.Application()
    app.router.add_post("/graphql", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    list_running(graph, runner.addresses[0][1])
    watching = watch_graph(graph, poll_seconds=0.1)
    try:
        assert isinstance(await next_graph(watching), LoadedGraph)
        sdl = USERS + "# changed\n"
        changed = await next_graph(watching)
        assert isinstance(changed, LoadedGraph)
        assert changed.subgraphs[0].sdl == sdl
        await runner.cleanup()
        lost = await next_graph(watching)
        assert isinstance(lost, GraphError)
    finally:
        await watching.aclose()
        await runner.cleanup()


def test_a_difference_that_breaks_clients_fails(graph: Path) -> None:
    old, new = graph.with_name("old.graphql"), graph.with_name("new.graphql")
    run("compose", "--config", graph, "-o", old)
    graph.with_name("reviews.graphql").write_text(REVIEWS.replace("reviews: Int", "opinions: Int"))
    run("compose", "--config", graph, "-o", new)
    compared = run("diff", old, new)
    assert compared.exit_code == 1
    assert "FIELD_REMOVED  Field User.reviews was removed." in compared.stdout
    assert "opinions" not in compared.stdout
    assert "opinions" in run("diff", old, new, "--all").stdout
    listed = json.loads(run("diff", old, new, "--json").stdout)
    assert listed["breaking"] == 1
    assert {change["code"] for change in listed["changes"]} >= {"FIELD_REMOVED", "FIELD_ADDED"}
    assert run("diff", new, new).exit_code == 0


def test_what_is_no_supergraph_cannot_be_compared(graph: Path) -> None:
    refused = run("diff", graph.with_name("users.graphql"), graph.with_name("users.graphql"))
    assert refused.exit_code == 2
    assert "not a supergraph" in refused.stderr
