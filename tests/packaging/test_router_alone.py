"""marquee-router installed alone: small, complete, usable beside modules with the names of our folders."""

from __future__ import annotations

import json
import re
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from tests.packaging.distributions import Environment

SDL = 'type Query { product: Product }  type Product @key(fields: "id") { id: ID! name: String }'
ABSENT = (
    "strawberry",
    "sqlalchemy",
    "stripe",
    "motor",
    "argon2",
    "redis",
    "opentelemetry",
    "uvloop",
    "marquee_subgraphs",
)
MOST_BYTES = 80 * 1000 * 1000
"""Under 110 MB with the 27 MB of pip and setuptools that `python -m venv` adds on Python 3.11."""


@pytest.fixture(scope="module")
def supergraph(router_alone: Environment) -> Path:
    """A supergraph, composed by the installed command."""
    work = router_alone.work
    (work / "products.graphql").write_text(SDL)
    listed = {
        "products": {"routing_url": "http://127.0.0.1:1/graphql", "schema": {"file": "products.graphql"}}
    }
    (work / "graph.yaml").write_text(json.dumps({"subgraphs": listed}))
    router_alone.run("marquee-router", "compose", "--config", "graph.yaml", "-o", "supergraph.graphql")
    return work / "supergraph.graphql"


@pytest.fixture(scope="module")
def address(router_alone: Environment, supergraph: Path) -> Iterator[str]:
    """Where the installed router serves; it must end cleanly."""
    command = [
        router_alone.program("marquee-router"),
        "serve",
        "--supergraph",
        supergraph.name,
        "--port",
        "0",
    ]
    with Popen(command, cwd=router_alone.work, stdout=PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield re.findall(r"listens on (http://\S+)/graphql", process.stdout.readline())[0]
        finally:
            process.send_signal(signal.SIGTERM)
    assert process.returncode == 0


def test_it_is_small_and_brings_nothing_of_the_cinema(router_alone: Environment) -> None:
    folder = router_alone.site_packages
    assert [name for name in ABSENT if (folder / name).exists()] == []
    assert sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) < MOST_BYTES


def test_it_serves_graphql_and_graphiql(address: str) -> None:
    body = json.dumps({"query": "{ __typename }"}).encode()
    request = urllib.request.Request(f"{address}/graphql", body, {"content-type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        assert json.load(answer) == {"data": {"__typename": "Query"}}
    browser = urllib.request.Request(f"{address}/graphql", headers={"accept": "text/html"})  # noqa: S310
    with urllib.request.urlopen(browser) as page:  # noqa: S310
        assert page.headers["content-type"].startswith("text/html")
        scripts = re.findall(r'src="([^"]+\.js)"', page.read().decode())
    with urllib.request.urlopen(f"{address}{scripts[0]}") as script:  # noqa: S310
        assert len(script.read()) > 100_000


def test_it_plans_and_compares(router_alone: Environment, supergraph: Path) -> None:
    (router_alone.work / "operation.graphql").write_text("{ product { name } }")
    plan = router_alone.run(
        "marquee-router", "plan", "--supergraph", supergraph, "--operation", "operation.graphql"
    )
    assert plan.startswith("QueryPlan {")
    assert "0 breaking" in router_alone.run("marquee-router", "diff", supergraph, supergraph)


def test_it_can_be_imported_beside_modules_with_the_names_of_our_folders(
    router_alone: Environment, supergraph: Path
) -> None:
    program = f"from marquee_router import create_app, serve; create_app(open({str(supergraph)!r}).read())"
    router_alone.run("python", "-c", program)
    assert "Usage: marquee-router" in router_alone.run("python", "-m", "marquee_router", "--help")


def test_a_setting_that_needs_an_extra_names_it(router_alone: Environment, supergraph: Path) -> None:
    (router_alone.work / "router.yaml").write_text("rate_limits: { redis_url: redis://localhost }\n")
    said = router_alone.run(
        "marquee-router",
        "serve",
        "--supergraph",
        supergraph,
        "--config",
        "router.yaml",
        "--port",
        "0",
        code=2,
    )
    assert said.startswith("router.yaml: rate_limits.redis_url needs: pip install 'marquee-router[redis]'")
