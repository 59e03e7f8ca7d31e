"""`marquee migrate`: brings tables up to date, lists what is pending, and writes new revisions."""

from __future__ import annotations

import asyncio
import importlib.util
import subprocess
import sys
from pathlib import Path

import click

from marquee.cli.options import DATA_DIR, settings_or_fail
from marquee.subgraphs import NAMES, OWNERS, history_of
from marquee_router.cli.failure import fail


@click.command(
    epilog="Before a release in production: `marquee migrate`, then start the new code, which runs with"
    " MARQUEE_MIGRATE=check. Code of the release before goes on working meanwhile."
)
@click.argument("names", metavar="[NAME]...", nargs=-1, type=click.Choice(NAMES))
@DATA_DIR
@click.option("--check", is_flag=True, help="Change nothing; exit 1 when something is pending.")
@click.option(
    "--new",
    metavar='"OWNER: TITLE"',
    help="For developers: write the next revision of one owner's tables (a subgraph's, the kit's or the"
    ' embedded broker\'s) from what they declare now, as --new "tickets: add waitlist".',
)
def command(names: tuple[str, ...], data_dir: Path | None, check: bool, new: str | None) -> None:
    """Bring the tables of every store up to date, or those of the subgraphs NAME.

    Stores are SQLite files in the data folder, or databases on MARQUEE_POSTGRES_URL, which are made when
    missing. Prints for each where its tables stood and where they are now. A store is migrated whole or not
    at all, and by one process at a time.
    """
    if new is not None:
        _write(new)
        return
    from marquee.migrations import migrate_stores, pending_stores

    settings = settings_or_fail(data_dir=data_dir)
    chosen = names or NAMES
    if not check:
        asyncio.run(migrate_stores(settings, chosen, click.echo))
    elif asyncio.run(pending_stores(settings, chosen, click.echo)):
        fail("Run `marquee migrate`.", code=1)


def _write(new: str) -> None:
    from marquee_subgraphs.kit.database.upgrade.revision_writer import NothingChanged, write_revision

    owner, colon, title = (part.strip() for part in new.partition(":"))
    if not (colon and title):
        fail('Say whose tables and what changes, as --new "tickets: add waitlist".')
    try:
        path = write_revision(history_of(owner), title)
    except KeyError:
        fail(f"{owner} owns no tables; these do: {', '.join(OWNERS)}.")
    except NothingChanged as error:
        fail(str(error))
    if importlib.util.find_spec("ruff") is not None:
        subprocess.run([sys.executable, "-m", "ruff", "format", "-q", path], check=True)  # noqa: S603 - ours
    click.echo(f"wrote {path}\nRead it, then run ./test tests/subgraphs/test_migrations.py")
