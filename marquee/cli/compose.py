"""`marquee compose`: subgraphs in, supergraph out, or why not."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import click

from marquee.cli import fail


@click.command()
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    help="YAML that lists the subgraphs (name, url, file or live introspection). Default: the cinema's own.",
)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the supergraph here."
)
@click.option("--json", "as_json", is_flag=True, help="Print verdict, errors and hints as JSON.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when the output file is not current.")
def command(config: Path | None, output: Path | None, as_json: bool, check: bool) -> None:
    """Compose subgraphs into a supergraph, or say why they do not fit.

    Exit 0: they fit; 1: they do not, or the checked file has drifted; 2: the list cannot be read.
    """
    from marquee.graph import GraphError, load_subgraphs, read_graph
    from schema.composition import CompositionError, compose

    if config is None:
        from marquee.cinema import ROOT

        config, output = ROOT / "schema" / "graph.yaml", output or ROOT / "schema" / "supergraph.graphql"
    try:
        subgraphs = asyncio.run(load_subgraphs(read_graph(config)))
    except GraphError as error:
        fail(str(error))
    try:
        composed = compose(subgraphs)
    except CompositionError as error:
        _refuse(error, as_json)
        return
    text = composed.supergraph_sdl.rstrip() + "\n"
    if check:
        _compare(output, text, as_json)
    elif output is not None:
        output.write_text(text, encoding="utf-8")
    if as_json:
        click.echo(json.dumps({"ok": True, "errors": [], "hints": [_shown(hint) for hint in composed.hints]}))
        return
    for hint in composed.hints:
        click.echo(f"hint {hint.code}: {hint.message}", err=True)
    if output is None and not check:
        click.echo(text, nl=False)
    elif not check:
        click.echo(f"{len(subgraphs)} subgraphs fit together: wrote {output}", err=True)


def _refuse(error: Any, as_json: bool) -> None:
    if as_json:
        shown = [_shown(problem) for problem in error.errors]
        click.echo(json.dumps({"ok": False, "errors": shown, "hints": []}))
    else:
        for problem in error.errors:
            click.echo(f"{problem.code}: {problem.message}", err=True)
            for location in problem.locations:
                click.echo(f"    at {location}", err=True)
        click.echo(f"{len(error.errors)} errors: these subgraphs do not fit together.", err=True)
    raise SystemExit(1)


def _compare(output: Path | None, text: str, as_json: bool) -> None:
    if output is None:
        fail("--check needs -o FILE: the supergraph to compare with.")
    if not output.exists() or output.read_text(encoding="utf-8") != text:
        message = f"{output} has drifted from its subgraphs; compose it again without --check."
        if as_json:
            drift = {"code": "SUPERGRAPH_DRIFT", "message": message}
            click.echo(json.dumps({"ok": False, "errors": [drift], "hints": []}))
            raise SystemExit(1)
        fail(message, code=1)


def _shown(finding: Any) -> dict[str, Any]:
    return {
        "code": str(finding.code),
        "message": finding.message,
        "locations": [str(location) for location in finding.locations],
    }
