"""Programs that embed the router: with our server, and with another one."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from pathlib import Path

import pytest

from tests.eventually import eventually
from tests.router.execution.http.server import serving
from tests.router.serving.routers import Router, running
from tests.router.serving.test_reload import SCHEMA, WITH_THREE, Numbers, supergraph

GUIDE = Path(__file__).parents[3] / "docs" / "guides" / "router.md"
PROGRAM = re.findall(r"```python\n(# program.py.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)[0]
APP = "lambda: create_app(supergraph.read_text())"
UNDER_ANOTHER_SERVER = """
import asyncio, socket, sys
import uvicorn
from marquee_router import create_app

app = create_app(open("supergraph.graphql").read())
listener = socket.create_server(("127.0.0.1", 0))
print(f"listens on http://127.0.0.1:{listener.getsockname()[1]}/graphql")
assert not any(name.startswith("marquee_router.serving") for name in sys.modules)
asyncio.run(uvicorn.Server(uvicorn.Config(app, log_level="warning")).serve([listener]))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with modules that have the names of our folders."""
    for name in ("schema", "router", "marquee", "subgraphs", "dataloaders", "foundation"):
        (tmp_path / f"{name}.py").write_text("raise AssertionError('nobody imports this')")
    return tmp_path


async def ends_cleanly(router: Router) -> None:
    router.signal(signal.SIGTERM)
    async with asyncio.timeout(20):
        assert await router.process.wait() == 0
    assert not [line for line in router.said if "Traceback" in line], router.said


@pytest.mark.parametrize(("app", "workers"), [(APP.removeprefix("lambda: "), 1), (APP, 2)])
async def test_the_guides_program_serves_as_the_command_does(folder: Path, app: str, workers: int) -> None:
    async with serving(Numbers()) as subgraph:
        file = folder / "supergraph.graphql"
        file.write_text(supergraph(SCHEMA, subgraph.url))
        text = PROGRAM.replace("port=4000", "port=0").replace("workers=2", f"workers={workers}")
        (folder / "program.py").write_text(text.replace(APP, app))
        async with running(sys.executable, "program.py", folder=folder) as router:
            assert await router.ask("{ one }") == {"data": {"one": 1}}
            async with router.session.get(f"{router.url}/metrics") as response:
                shown = {*re.findall(r'router_running\{worker="(\d)"\}', await response.text())}
            assert shown == ({"0", "1"} if workers == 2 else set())
            file.write_text(supergraph(WITH_THREE, subgraph.url))

            async def knows_three() -> bool:
                return bool(await router.ask("{ three }") == {"data": {"three": 3}})

            await eventually(knows_three)
            if workers == 1:
                assert await router.metric('router_reloads_total{outcome="applied"} 1.0'), "not at the start"
            await ends_cleanly(router)


async def test_the_app_runs_under_another_server(folder: Path) -> None:
    async with serving(Numbers()) as subgraph:
        (folder / "supergraph.graphql").write_text(supergraph(SCHEMA, subgraph.url))
        (folder / "program.py").write_text(UNDER_ANOTHER_SERVER)
        async with running(sys.executable, "program.py", folder=folder) as router:
            assert await router.ask("{ one }") == {"data": {"one": 1}}
