"""`marquee doctor`: what the cinema needs and this machine lacks, with advice."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from marquee.cli.options import DATA_DIR
from marquee.subgraphs import NAMES

if TYPE_CHECKING:
    from marquee.doctor import Finding


@click.command()
@click.argument("names", metavar="[NAME]...", nargs=-1, type=click.Choice(NAMES))
@DATA_DIR
@click.option("--port", type=int, help="Port to listen on [MARQUEE_PORT, 8080].")
@click.option("--json", "as_json", is_flag=True, help="For programs: one object with every finding.")
def command(names: tuple[str, ...], data_dir: Path | None, port: int | None, as_json: bool) -> None:
    """Check this machine, the settings, and every part that they name; exit 1 when something is bad.

    With NAMEs: what these subgraphs need when each runs alone. Looks only, changes nothing, shows no secret.
    """
    from marquee.doctor import Verdict, examine

    given = {"data_dir": data_dir, "port": port}
    known = {name: value for name, value in given.items() if value is not None}
    findings = asyncio.run(examine(names or NAMES, known))
    failed = [finding for finding in findings if finding.verdict is Verdict.BAD]
    if as_json:
        click.echo(json.dumps({"ok": not failed, "findings": [asdict(each) for each in findings]}, indent=2))
    else:
        _print(findings)
    if failed:
        raise SystemExit(1)


def _print(findings: list[Finding]) -> None:
    from marquee.doctor import Verdict

    marks = {
        Verdict.GOOD: click.style("✓", fg="green"),
        Verdict.WARNING: click.style("!", fg="yellow"),
        Verdict.BAD: click.style("✗", fg="red"),
    }
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        took = "" if finding.milliseconds is None else f", {finding.milliseconds} ms"
        click.echo(f"{marks[finding.verdict]} {finding.name:<{width}}  {finding.detail}{took}")
        if finding.advice is not None:
            click.echo(f"  {'':<{width}}  → {finding.advice}")
    counts = {verdict: sum(finding.verdict is verdict for finding in findings) for verdict in Verdict}
    bad, warned = counts[Verdict.BAD], counts[Verdict.WARNING]
    click.echo("All is well." if not bad + warned else f"{bad} bad, {warned} to see to.")
