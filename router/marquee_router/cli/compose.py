"""`marquee-router compose`: subgraphs in, supergraph or findings out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from marquee_router.cli.failure import fail
from marquee_router.cli.options import defaults_of

if TYPE_CHECKING:
    from marquee_router.cli.subgraph_watch import LoadedGraph
    from marquee_schema.composition import Composition, Contract


@dataclass(frozen=True, slots=True)
class _Request:
    """The command line, parsed."""

    config: Path
    output: Path | None
    as_json: bool
    contract: Contract | None


@click.command()
@click.pass_context
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    help="YAML that lists the subgraphs (name, url, file or live introspection)."
    " Default of `marquee compose`: the cinema's own.",
)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the supergraph here."
)
@click.option("--json", "as_json", is_flag=True, help="Print result, errors and hints as JSON.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when the output file is not current.")
@click.option("--watch", is_flag=True, help="Compose again whenever a subgraph changes, until Ctrl-C.")
@click.option(
    "--poll",
    type=click.FloatRange(0.1),
    default=5.0,
    show_default=True,
    help="Seconds between asking running subgraphs, with --watch.",
)
@click.option("--include-tag", multiple=True, help="A contract: show only what has this @tag; repeatable.")
@click.option("--exclude-tag", multiple=True, help="A contract: hide what has this @tag; repeatable.")
@click.option("--hide-unreachable-types", is_flag=True, help="A contract: hide types no operation reaches.")
def command(
    context: click.Context,
    config: Path | None,
    output: Path | None,
    as_json: bool,
    check: bool,
    watch: bool,
    poll: float,
    include_tag: tuple[str, ...],
    exclude_tag: tuple[str, ...],
    hide_unreachable_types: bool,
) -> None:
    """Compose subgraphs into a supergraph, or say why they do not compose.

    A contract is a supergraph for some clients: with --include-tag they see only fields and unions that have
    one of these tags (or whose type has); --exclude-tag hides, and wins.

    \b
        marquee-router compose --config graph.yaml -o supergraph.graphql
        marquee-router compose --config graph.yaml -o public.graphql --include-tag public

    Exit 0: composed; 1: not composable, or the checked file is not current; 2: the list cannot be read.
    """
    from marquee_schema.composition import Contract

    if config is None:
        defaults = defaults_of(context)
        if defaults.graph is None:
            fail("Give the list of subgraphs: --config graph.yaml.")
        # Only the default list writes to the default file: `--config other.yaml` must not replace it.
        config, output = defaults.graph, output or defaults.supergraph
    contract: Contract | None = None
    if include_tag or exclude_tag or hide_unreachable_types:
        contract = Contract(frozenset(include_tag), frozenset(exclude_tag), hide_unreachable_types)
    request = _Request(config, output, as_json, contract)
    if watch and check:
        fail("--watch composes again and again, --check only looks: give one of them.")
    if watch:
        _watch(request, poll)
    else:
        _compose_once(request, check)


def _compose_once(request: _Request, check: bool) -> None:
    import asyncio

    from marquee_router.cli.subgraph_watch import load_graph
    from marquee_router.serving.subgraph_list import GraphError

    try:
        graph = asyncio.run(load_graph(request.config))
    except GraphError as error:
        fail(str(error))
    composed = _compose(graph, request)
    if composed is None:
        raise SystemExit(1)
    if check:
        _compare(request, composed)
    else:
        _write(request, graph, composed)


def _watch(request: _Request, poll: float) -> None:
    import asyncio

    from marquee_router.cli.subgraph_watch import watch_graph
    from marquee_router.serving.subgraph_list import GraphError

    async def watch() -> None:
        async for graph in watch_graph(request.config, poll):
            if isinstance(graph, GraphError):
                click.echo(str(graph), err=True)
            # While a file is edited the graph often does not compose: the last good output stays.
            elif (composed := _compose(graph, request)) is not None:
                _write(request, graph, composed)

    try:
        asyncio.run(watch())
    except KeyboardInterrupt:
        click.echo("", err=True)


def _compose(graph: LoadedGraph, request: _Request) -> Composition | None:
    """Compose and print the findings; None when the subgraphs do not compose."""
    from marquee_router.cli.diagnostics import Diagnostics
    from marquee_schema.composition import CompositionError, compose

    diagnostics = Diagnostics({each.name: each.sdl for each in graph.subgraphs}, graph.origins)
    try:
        composed = compose(graph.subgraphs, contract=request.contract)
    except CompositionError as error:
        if request.as_json:
            _print_verdict(ok=False, errors=error.errors)
        else:
            for problem in error.errors:
                click.echo(diagnostics.render(problem, problem.code, severity="error") + "\n", err=True)
            errors = "1 error" if len(error.errors) == 1 else f"{len(error.errors)} errors"
            click.echo(f"{errors}: these subgraphs do not fit together.", err=True)
        return None
    if not request.as_json:
        for hint in composed.hints:
            click.echo(diagnostics.render(hint, hint.code, severity="hint") + "\n", err=True)
    return composed


def _write(request: _Request, graph: LoadedGraph, composed: Composition) -> None:
    text = _text(composed)
    if request.output is not None:
        request.output.write_text(text, encoding="utf-8")
    if request.as_json:
        _print_verdict(ok=True, hints=composed.hints)
    elif request.output is None:
        click.echo(text, nl=False)
    else:
        click.echo(f"{len(graph.subgraphs)} subgraphs fit together: wrote {request.output}", err=True)


def _compare(request: _Request, composed: Composition) -> None:
    output = request.output
    if output is None:
        fail("--check needs -o FILE: the supergraph to compare with.")
    if output.exists() and output.read_text(encoding="utf-8") == _text(composed):
        if request.as_json:
            _print_verdict(ok=True, hints=composed.hints)
        return
    message = f"{output} has drifted from its subgraphs; compose it again without --check."
    if request.as_json:
        drift = {"code": "SUPERGRAPH_DRIFT", "message": message}
        click.echo(json.dumps({"ok": False, "errors": [drift], "hints": []}))
        raise SystemExit(1)
    fail(message, code=1)


def _text(composed: Composition) -> str:
    return composed.supergraph_sdl.rstrip() + "\n"


def _print_verdict(*, ok: bool, errors: Any = (), hints: Any = ()) -> None:
    verdict = {
        "ok": ok,
        "errors": [_shown(problem) for problem in errors],
        "hints": [_shown(hint) for hint in hints],
    }
    click.echo(json.dumps(verdict))


def _shown(finding: Any) -> dict[str, Any]:
    return {
        "code": str(finding.code),
        "message": finding.message,
        "locations": [str(location) for location in finding.locations],
    }
