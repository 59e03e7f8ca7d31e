"""Supergraph and API schema as text."""

from pathlib import Path

from graphql import build_schema, parse

from tests.schema.composition.small_graphs import composed

GOLDEN = Path(__file__).with_name("golden") / "films_and_reviews.graphql"

FILMS = """
type Query { movies: [Movie!]! }
"A film."
type Movie @key(fields: "id") {
  id: ID!
  "In the original language."
  title(short: Boolean = false): String! @tag(name: "public")
}
"""
REVIEWS = """
type Movie @key(fields: "id") { id: ID! score: Float }
type Mutation { rate(id: ID!, score: Int!): Movie }
"""


def test_a_supergraph_reads_like_this() -> None:
    assert _directives_sorted(
        composed(minor=3, films=FILMS, reviews=REVIEWS).supergraph_sdl
    ) == _directives_sorted(GOLDEN.read_text(encoding="utf-8"))


def _directives_sorted(sdl: str) -> list[str]:
    """The text by line, with the applications on one field in a fixed order."""
    lines: list[str] = []
    for line in sdl.split("\n"):
        head, *applied = line.split(" @")
        lines.append(" @".join([head, *sorted(applied)]) if head.strip() else line)
    return lines


def test_the_order_of_subgraphs_does_not_matter() -> None:
    one = composed(films=FILMS, reviews=REVIEWS)
    other = composed(reviews=REVIEWS, films=FILMS)
    assert one == other


def test_both_schemas_are_valid_graphql() -> None:
    result = composed(films=FILMS, reviews=REVIEWS)
    assert build_schema(result.api_sdl).query_type
    assert len(parse(result.supergraph_sdl).definitions) > 10


def test_operation_roots_of_the_api_are_the_usual_ones() -> None:
    assert "schema {" not in composed(films=FILMS, reviews=REVIEWS).api_sdl


def test_descriptions_survive_quotes_and_line_breaks() -> None:
    sdl = composed(s='"say \\"hi\\"" type Query { """\n  two\n  lines\n  """ a: Int }').api_sdl
    schema = build_schema(sdl)
    assert schema.query_type is not None
    assert schema.query_type.description == 'say "hi"'
    assert schema.query_type.fields["a"].description == "two\nlines"
