"""`marquee migrate`, for operators of a release and for developers who change a table."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from marquee.cli import cli
from marquee.subgraphs import NAMES, history_of
from marquee_subgraphs.kit.database import Database


def run(*arguments: str, environment: dict[str, str] | None = None) -> Result:
    finished = CliRunner().invoke(cli, arguments, prog_name="marquee", env=environment)
    assert finished.exception is None or isinstance(finished.exception, SystemExit), finished.exception
    return finished


def migrate(folder: Path, *arguments: str) -> Result:
    return run("migrate", "--data-dir", str(folder), *arguments)


def at_revision(folder: Path, name: str, revision: str, compatible_from: str) -> None:
    """Let a store say that it is at another revision than it is."""

    async def write() -> None:
        store = f"sqlite:///{folder}/{name}.sqlite"
        async with await Database.open(store) as database, database.transaction() as tx:
            await tx.execute(
                text("UPDATE alembic_version SET version_num = :number, compatible_from = :needed"),
                {"number": revision, "needed": compatible_from},
            )

    asyncio.run(write())


def test_every_store_is_made_and_told_of_in_a_line(tmp_path: Path) -> None:
    before = migrate(tmp_path, "--check")
    assert before.exit_code == 1
    assert before.stdout.count("not there yet") == len(NAMES)
    assert list(tmp_path.iterdir()) == []

    made = migrate(tmp_path)

    assert made.exit_code == 0
    assert [line.split(":")[0] for line in made.stdout.splitlines()] == list(NAMES)
    head = history_of("users").head()
    assert made.stdout.splitlines()[0] == f"users:         kit empty → 0001, users empty → {head}"
    assert migrate(tmp_path, "--check").exit_code == 0
    assert "→" not in migrate(tmp_path).stdout


def test_the_stores_that_are_named_are_migrated_and_no_other(tmp_path: Path) -> None:
    assert migrate(tmp_path, "loyalty").exit_code == 0

    assert [path.name for path in tmp_path.glob("*.sqlite")] == ["loyalty.sqlite"]
    assert migrate(tmp_path, "loyalty", "--check").exit_code == 0
    assert migrate(tmp_path, "--check").exit_code == 1
    assert migrate(tmp_path, "nobody").exit_code == 2


@pytest.mark.parametrize("command", ["migrate", "migrate --check", "up --port 0 --no-demo", "verify"])
def test_a_store_of_a_newer_release_is_refused_with_what_to_do(tmp_path: Path, command: str) -> None:
    migrate(tmp_path)
    at_revision(tmp_path, "tickets", "0999", "0998")

    refused = run(*command.split(), "--data-dir", str(tmp_path))

    assert refused.exit_code == 1
    assert "tickets is at revision 0999, made by a newer release" in refused.stderr
    assert "Run the newer release" in refused.stderr
    assert "Traceback" not in refused.output


@pytest.mark.parametrize("command", ["up", "subgraph users --router-keys http://127.0.0.1:1/keys"])
def test_in_production_nothing_starts_on_stores_that_are_behind(tmp_path: Path, command: str) -> None:
    refused = run(
        *command.split(),
        *("--port", "0", "--data-dir", str(tmp_path)),
        environment={"MARQUEE_MIGRATE": "check"},
    )

    assert refused.exit_code == 1
    assert "Run `marquee migrate`" in refused.stderr
    assert "Traceback" not in refused.output


def test_a_revision_is_asked_for_by_owner_and_title() -> None:
    assert "Say whose tables" in run("migrate", "--new", "add waitlist").stderr
    assert "nobody owns no tables" in run("migrate", "--new", "nobody: add waitlist").stderr
    assert "make what its tables declare" in run("migrate", "--new", "kit: nothing").stderr
