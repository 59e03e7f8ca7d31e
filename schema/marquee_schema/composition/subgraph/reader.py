"""From SDL text to a subgraph's schema, or to the problems that prevent it."""

from dataclasses import dataclass

from graphql import DocumentNode, GraphQLSyntaxError, parse

from marquee_schema.composition.errors import ErrorCode, Location
from marquee_schema.composition.report import Report, SubgraphReport
from marquee_schema.composition.subgraph.document_builder import build_subgraph_schema
from marquee_schema.composition.subgraph.schema import SubgraphSchema


@dataclass(frozen=True, slots=True)
class Subgraph:
    """A subgraph before composition: its name, its URL, and its schema as SDL."""

    name: str
    url: str
    sdl: str


def read_subgraph(subgraph: Subgraph, report: Report) -> SubgraphSchema | None:
    """The subgraph's schema with its links resolved; None when it cannot be built, with the reasons in the
    report."""
    document = _parse(subgraph, report)
    if document is None:
        return None
    before = len(report.problems)
    try:
        schema = build_subgraph_schema(
            subgraph.name, subgraph.url, document, SubgraphReport(report, subgraph.name)
        )
    except RecursionError:
        report.error(
            ErrorCode.INVALID_GRAPHQL, f"[{subgraph.name}] The schema nests values or types too deeply."
        )
        return None
    return schema if len(report.problems) == before else None


def _parse(subgraph: Subgraph, report: Report) -> DocumentNode | None:
    try:
        return parse(subgraph.sdl)
    except GraphQLSyntaxError as error:
        message = f"[{subgraph.name}] {error.message}"
        report.error(ErrorCode.INVALID_GRAPHQL, message)
        if error.locations:
            place = error.locations[0]
            located = Location(subgraph.name, place.line, place.column)
            report.problems[-1] = type(report.problems[-1])(ErrorCode.INVALID_GRAPHQL, message, (located,))
    except RecursionError:
        report.error(
            ErrorCode.INVALID_GRAPHQL, f"[{subgraph.name}] The schema nests values or types too deeply."
        )
    return None
