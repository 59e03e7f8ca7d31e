"""The command line for a newcomer: its help, and its messages for mistakes."""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from marquee.cli import COMMANDS, cli
from tests.marquee.running import ROOT, Cinema, marquee


def run(*arguments: str, environment: dict[str, str] | None = None) -> Result:
    """Run a command in this process: a tenth of the time of a process of its own."""
    finished = CliRunner().invoke(cli, arguments, prog_name="marquee", env=environment)
    assert finished.exception is None or isinstance(finished.exception, SystemExit), finished.exception
    return finished


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
    assert "Did you mean 'router'?" in refusal("ruoter")


def test_help_and_mistyped_commands_import_no_store_and_no_server() -> None:
    program = (
        "import sys; sys.argv[0] = 'marquee'; import atexit; from marquee.cli import main\n"
        "atexit.register(lambda: print(*sys.modules, file=sys.stdout))\nmain()"
    )
    for arguments in (["--help"], ["nosuch"], ["router", "--help"], ["up", "--nosuch"]):
        command = [sys.executable, "-P", "-c", program, *arguments]
        finished = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        loaded = {name.partition(".")[0] for name in finished.stdout.split()}
        assert "click" in loaded
        heavy = {"sqlalchemy", "strawberry", "graphql", "starlette", "aiohttp", "pydantic", "asyncio"}
        assert loaded & heavy == set(), arguments


def test_the_routers_commands_are_its_own_and_know_the_cinemas_files(tmp_path: Path) -> None:
    operation = tmp_path / "operation.graphql"
    operation.write_text("{ movies(first: 1) { nodes { title } } }")
    assert run("plan", "--operation", str(operation)).stdout.startswith("QueryPlan {")
    assert run("compose", "--check").exit_code == 0
    assert "Usage: marquee router" in run("router", "--help").output


def test_a_taken_port_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = refusal("up", "--port", port, "--data-dir", str(tmp_path))
    assert f"127.0.0.1:{port}" in said
    assert "--port" in said


@pytest.mark.parametrize(
    ("variable", "value"), [("MARQUEE_PORT", "banana"), ("MARQUEE_POSTGRES_URL", "http://x")]
)
@pytest.mark.parametrize("command", [["up"], ["verify"], ["events", "dead"]], ids=lambda words: words[0])
def test_a_setting_that_cannot_be_used_is_named(command: list[str], variable: str, value: str) -> None:
    assert variable in refusal(*command, environment={variable: value})


def test_verify_and_events_say_when_marquee_has_not_run_there(tmp_path: Path) -> None:
    for command in (["verify"], ["events", "dead"]):
        said = refusal(*command, "--data-dir", str(tmp_path))
        assert str(tmp_path) in said
        assert "has Marquee run there?" in said
    assert list(tmp_path.iterdir()) == []


def modes(folder: Path) -> tuple[int, set[int]]:
    """The permission bits of a folder, and those of its files."""
    return folder.stat().st_mode & 0o777, {file.stat().st_mode & 0o777 for file in folder.iterdir()}


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
        assert modes(tmp_path) == (0o700, {0o600})
        assert (dead.returncode, dead.stdout) == (0, "No dead letters.\n")
