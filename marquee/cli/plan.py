"""`marquee plan`: the query plan of an operation."""

from __future__ import annotations

import dataclasses
import json
from enum import Enum
from pathlib import Path
from typing import Any

import click

from marquee.cli import fail

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--supergraph", type=_FILE, help="Supergraph SDL. Default: the cinema's.")
@click.option("--operation", "operation", type=_FILE, required=True, help="File with the operation.")
@click.option("--name", help="Which operation of the file, when it has several.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(supergraph: Path | None, operation: Path, name: str | None, format_: str) -> None:
    """Print the query plan of an operation: which subgraph is asked what, in which order."""
    from graphql import GraphQLError, parse, validate

    from marquee.cinema import SUPERGRAPH
    from router.planning.deferral import with_defer
    from router.planning.errors import PlanningError
    from router.planning.planner import Planner
    from router.planning.print_plan import print_plan
    from schema.supergraph import SupergraphError, load_supergraph

    try:
        model = load_supergraph((supergraph or SUPERGRAPH).read_text(encoding="utf-8"))
    except SupergraphError as error:
        fail(f"{supergraph or SUPERGRAPH}: {error}")
    try:
        document = parse(operation.read_text(encoding="utf-8"))
        if problems := validate(with_defer(model.api_schema), document):
            fail("\n".join(f"{operation}: {problem}" for problem in problems))
        plan = Planner(model).plan(document, name)
    except (GraphQLError, PlanningError) as error:
        fail(f"{operation}: {error}")
    shown = _shown(plan.node)
    if plan.deferrals:
        shown = {"primary": shown, "deferrals": _shown(plan.deferrals), "deferred": _shown(plan.deferred)}
    click.echo(json.dumps(shown, indent=2) if format_ == "json" else print_plan(plan))


def _shown(value: Any) -> Any:
    """A plan's records as JSON: each with its kind."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: _shown(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {"kind": type(value).__name__, **fields}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, frozenset):
        return sorted(map(str, value))
    if isinstance(value, tuple | list):
        return [_shown(each) for each in value]
    if isinstance(value, dict):
        return {str(key): _shown(each) for key, each in value.items()}
    return value
