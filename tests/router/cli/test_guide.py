"""The router's guide: its commands are run, its files loaded, its settings and options exist."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
import yaml

from marquee_router.cli.serve import command as router_command
from marquee_router.config import load_config
from tests.router.execution.http.server import Request, ok, serving

ROOT: Final = Path(__file__).parents[3]
GUIDE: Final = (ROOT / "docs" / "guides" / "router.md").read_text(encoding="utf-8")
COMMANDS: Final = [
    line for block in re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL) for line in block.splitlines()
]
FILES: Final = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
ROUTERS: Final = [
    text for text in COMMANDS if text.startswith("marquee-router serve") and "--config-schema" not in text
]
CURL: Final = next(text for text in COMMANDS if text.startswith("curl"))
OTHERS: Final = [text for text in COMMANDS if text not in ROUTERS and text != CURL]
PRODUCTS = 'type Query { products: [Product] }  type Product @key(fields: "id") { id: ID!  name: String }'
REVIEWS = (
    "type Query { latest: Review }  type Review { stars: Int }"
    '  type Product @key(fields: "id") { id: ID!  reviews: [Review] }'
)
ANSWER = {"data": {"products": [{"name": "Lamp", "reviews": [{"stars": 5}]}]}}


def test_the_guide_has_commands_and_files() -> None:
    assert len(ROUTERS) == 4
    assert len(OTHERS) == 3
    assert len(FILES) == 3


@pytest.mark.parametrize("text", [text for text in FILES if "# router.yaml" in text])
def test_its_settings_are_settings(text: str, tmp_path: Path) -> None:
    file = tmp_path / "router.yaml"
    file.write_text(text)
    assert load_config(file, {}) != load_config(environment={})


def test_its_options_are_options() -> None:
    known = {name for parameter in router_command.params for name in parameter.opts}
    named = {word for text in (*COMMANDS, GUIDE) for word in re.findall(r"`(--[\w-]+)", text)}
    named |= {word for text in ROUTERS for word in re.findall(r"(--[\w-]+)", text)}
    assert len(named) > 6
    assert named <= known


@pytest.mark.parametrize("link", re.findall(r"\]\(([\w./]+\.md)\)", GUIDE))
def test_its_links_lead_somewhere(link: str) -> None:
    assert (ROOT / "docs" / "guides" / link).exists()


async def test_its_commands_do_what_it_says(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        products = await stack.enter_async_context(serving(subgraph(PRODUCTS)))
        reviews = await stack.enter_async_context(serving(subgraph(REVIEWS)))
        here = Here(
            tmp_path,
            {
                "http://localhost:4001/graphql": products.url,
                "http://localhost:4002/graphql": reviews.url,
            },
        )
        here.write()
        for text in OTHERS:
            await here.run(text)
        assert orjson.loads((tmp_path / "router.schema.json").read_bytes())["properties"]["limits"]
        async with asyncio.timeout(120), asyncio.TaskGroup() as group:
            for text in ROUTERS:
                group.create_task(here.try_router(text))


class Here:
    """A folder with the guide's files, where its commands are run."""

    def __init__(self, folder: Path, addresses: dict[str, str]) -> None:
        self._folder = folder
        self._addresses = addresses
        self._environment = {**os.environ, "PYTHONUNBUFFERED": "1"}

    def write(self) -> None:
        """The files that it shows, and those it only names."""
        for text in FILES:
            name = re.findall(r"^# (\S+\.yaml)$", text, re.MULTILINE)[0]
            if not (self._folder / name).exists():  # the first of a name is the one that its commands use
                (self._folder / name).write_text(self._here(text))
        (self._folder / "reviews.graphql").write_text(REVIEWS)

    async def run(self, text: str) -> bytes:
        """Run a command to its end; what it wrote."""
        program = shlex.quote(sys.executable)
        text = re.sub(r"^marquee-router", f"{program} -m marquee_router", self._here(text))
        process = await asyncio.create_subprocess_shell(
            text, cwd=self._folder, stdout=-1, stderr=-1, env=self._environment
        )
        written, complaints = await process.communicate()
        assert process.returncode == 0, (text, complaints.decode())
        return written

    async def try_router(self, text: str) -> None:
        """Start a router, ask it as the guide does, reload it, and end it."""
        async with self._routing(shlex.split(self._here(text))[1:]) as (process, url):
            for _ in range(2):
                answer = orjson.loads(await self.run(CURL.replace("http://localhost:4000", url)))
                cost = answer.pop("extensions", {}).get("cost")
                assert answer == ANSWER
                assert (cost is not None) == ("--config router.yaml" in text)
                process.send_signal(signal.SIGHUP)
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0

    @asynccontextmanager
    async def _routing(self, arguments: list[str]) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "marquee_router", *arguments, "--port", "0",
            cwd=self._folder, stdout=asyncio.subprocess.PIPE, env=self._environment,
        )  # fmt: skip
        assert process.stdout is not None
        try:
            told = (await process.stdout.readline()).decode()
            found = re.search(r"listens on (http://\S+)/graphql", told)
            assert found, told
            yield process, found[1]
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    def _here(self, text: str) -> str:
        for told, real in self._addresses.items():
            text = text.replace(told, real)
        return text


def subgraph(sdl: str) -> Any:
    """A subgraph with fixed answers, which knows its SDL."""

    async def respond(request: Request, writer: asyncio.StreamWriter) -> bool:
        data: dict[str, Any] = {"products": [{"__typename": "Product", "id": "1", "name": "Lamp"}]}
        if b"_service" in request.body:
            data = {"_service": {"sdl": sdl}}
        elif b"_entities" in request.body:
            data = {"_entities": [{"__typename": "Product", "reviews": [{"stars": 5}]}]}
        writer.write(ok(orjson.dumps({"data": data})))
        await writer.drain()
        return True

    return respond


def test_the_files_are_yaml() -> None:
    assert all(isinstance(yaml.safe_load(text), dict) for text in FILES)
