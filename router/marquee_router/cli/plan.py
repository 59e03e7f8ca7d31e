"""`marquee-router plan`: the query plan of an operation."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from marquee_router.cli.failure import fail
from marquee_router.cli.options import defaults_of

if TYPE_CHECKING:
    from graphql import DocumentNode

    from marquee_router.planning.errors import PlanningError
    from marquee_router.planning.plan import QueryPlan
    from marquee_schema.supergraph import Supergraph

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.pass_context
@click.option("--supergraph", type=_FILE, help="Supergraph SDL. `marquee plan` defaults to the cinema's.")
@click.option("--operation", "operation", type=_FILE, required=True, help="File with the operation.")
@click.option("--name", help="Which operation of the file, when it has several.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(
    context: click.Context, supergraph: Path | None, operation: Path, name: str | None, format_: str
) -> None:
    """Print the query plan of an operation: which subgraph is asked for what, in which order."""
    from marquee_router.planning.print_plan import print_plan
    from marquee_schema.supergraph import SupergraphError, load_supergraph

    chosen = supergraph or defaults_of(context).supergraph
    if chosen is None:
        fail("Give the supergraph: --supergraph supergraph.graphql.")
    try:
        model = load_supergraph(chosen.read_text(encoding="utf-8"))
    except SupergraphError as error:
        fail(f"{chosen}: {error}")
    try:
        text = operation.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        fail(f"{operation}: not UTF-8 ({error})")
    plan = _plan(model, text, operation, name)
    shown = _shown(plan.node)
    if plan.deferrals:
        shown = {"primary": shown, "deferrals": _shown(plan.deferrals), "deferred": _shown(plan.deferred)}
    click.echo(json.dumps(shown, indent=2) if format_ == "json" else print_plan(plan))


@dataclass(frozen=True, slots=True)
class _Place:
    """A place in the file of the operation; `subgraph` holds the file's name, which `Diagnostics` prints."""

    subgraph: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class _Problem:
    """One error in the operation."""

    message: str
    locations: Sequence[_Place]


def _plan(model: Supergraph, text: str, file: Path, name: str | None) -> QueryPlan:
    """The plan of an operation; exits 2 with the errors and their lines when it is invalid."""
    from graphql import GraphQLError, GraphQLSyntaxError, parse, validate

    from marquee_router.cli.diagnostics import Diagnostics
    from marquee_router.errors import DocumentSyntaxError, ValidationFailed
    from marquee_router.planning.deferral import with_defer
    from marquee_router.planning.errors import PlanningError
    from marquee_router.planning.planner import Planner

    diagnostics = Diagnostics({str(file): text}, {})

    def rendered(error: GraphQLError, code: str) -> str:
        places = [_Place(str(file), at.line, at.column) for at in error.locations or ()]
        return diagnostics.render(_Problem(error.message, places), code, severity="error")

    try:
        document = parse(text)
        # The API schema has no `@defer`: the router adds it, so the operation is valid with it.
        if problems := validate(with_defer(model.api_schema), document):
            fail("\n\n".join(rendered(problem, ValidationFailed.code) for problem in problems))
        return Planner(model).plan(document, name)
    except GraphQLSyntaxError as error:
        fail(rendered(error, DocumentSyntaxError.code))
    except PlanningError as error:
        fail(diagnostics.render(_unplanned(error, document, file, name), error.code, severity="error"))


def _unplanned(error: PlanningError, document: DocumentNode, file: Path, name: str | None) -> _Problem:
    """The reason why an operation has no plan, with the nearest place in its file."""
    from graphql import OperationDefinitionNode, get_location, get_operation_ast

    from marquee_router.cli.operation_location import node_at
    from marquee_router.planning.errors import NoPathError

    operation = get_operation_ast(document, name)
    if operation is None:
        operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
        names = [each.name.value for each in operations if each.name is not None]
        choice = f"\nChoose one by --name: {', '.join(names)}." if names else ""
        return _Problem(f"{file}: {error.message}.{choice}", ())
    # Only `NoPathError` knows which field failed; other errors are about the operation as a whole.
    node = node_at(document, operation, error.path if isinstance(error, NoPathError) else ())
    called = operation.name.value if operation.name is not None else "without a name"
    message = f"{error.message}\nin the {operation.operation.value} {called}"
    if node.loc is None:
        return _Problem(f"{file}: {message}", ())
    at = get_location(node.loc.source, node.loc.start)
    return _Problem(message, [_Place(str(file), at.line, at.column)])


def _shown(value: Any) -> Any:
    """A plan's records as JSON values; `kind` is the name of the record's class."""
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
