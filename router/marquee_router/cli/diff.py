"""`marquee-router diff`: the changes between two supergraphs, and which of them break clients."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from marquee_router.cli.failure import fail

if TYPE_CHECKING:
    from marquee_schema.comparison import Change

_COLOURS: Final = {"breaking": "red", "dangerous": "yellow", "safe": "green", "internal": "blue"}
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("old", type=_FILE)
@click.argument("new", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="Print the changes as JSON.")
@click.option("--all", "show_all", is_flag=True, help="Show safe and internal changes too.")
def command(old: Path, new: Path, as_json: bool, show_all: bool) -> None:
    """Compare two supergraphs and name what breaks clients.

    \b
    breaking    an operation that was valid is refused, or loses data it had
    dangerous   a client may meet what it does not expect, as a new enum value
    safe        additions and deprecations
    internal    which subgraph answers; clients see nothing

    \b
        git show main:supergraph.graphql > /tmp/old.graphql
        marquee-router diff /tmp/old.graphql supergraph.graphql

    Exit 0: nothing breaks; 1: something does; 2: a file is no supergraph.
    """
    from marquee_schema.comparison import ChangeLevel, compare

    changes = compare(_supergraph(old), _supergraph(new))
    breaking = sum(change.level is ChangeLevel.BREAKING for change in changes)
    if as_json:
        click.echo(json.dumps({"breaking": breaking, "changes": [asdict(change) for change in changes]}))
    else:
        _print(changes, show_all)
    if breaking:
        raise SystemExit(1)


def _supergraph(path: Path) -> str:
    from marquee_schema.supergraph import SupergraphError, load_supergraph

    try:
        text = path.read_text(encoding="utf-8")
        load_supergraph(text)
    except (OSError, UnicodeDecodeError, SupergraphError) as error:
        fail(f"{path}: {error}")
    return text


def _print(changes: list[Change], show_all: bool) -> None:
    counts = dict.fromkeys(_COLOURS, 0)
    for change in changes:
        counts[change.level] += 1
        if show_all or change.level in ("breaking", "dangerous"):
            level = click.style(f"{change.level:<9}", fg=_COLOURS[change.level], bold=True)
            click.echo(f"{level}  {change.code}  {change.message}")
    click.echo(", ".join(f"{count} {level}" for level, count in counts.items()) + ".")
