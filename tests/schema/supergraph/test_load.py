"""The supergraph model: per-subgraph view, annotations, API schema, legacy supergraphs, errors with lines."""

from __future__ import annotations

import pytest
from graphql import OperationType, parse, print_schema, validate

from marquee_schema.composition import Subgraph, compose
from marquee_schema.field_set import FieldSetField, parse_field_set, print_field_set
from marquee_schema.supergraph import Key, SupergraphError, TypeKind, load_supergraph, named_type

_HEAD = """schema
  @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION)
  @link(url: "https://specs.apollo.dev/inaccessible/v0.2", for: SECURITY)
  @link(url: "https://specs.apollo.dev/requiresScopes/v0.1", for: SECURITY)
  @link(url: "https://specs.apollo.dev/cost/v0.1", import: [{ name: "@listSize", as: "@size" }, "@cost"])
{ query: Query }
enum join__Graph {
  A @join__graph(name: "users-1", url: "http://a")
  B @join__graph(name: "b", url: "http://b")
}
scalar join__FieldSet
"""
_BODY = """
type Query @join__type(graph: A) @join__type(graph: B) {
  user(id: ID! @cost(weight: 3), secret: Int = 1 @inaccessible): User @join__field(graph: A, provides: "name")
  users: [User] @join__field(graph: B) @size(assumedSize: 7) @requiresScopes(scopes: [["a", "b"], ["c"]])
}
type User @join__type(graph: A, key: "id")
  @join__type(graph: B, key: "id", extension: true, resolvable: false) {
  id: ID! @join__field(graph: A) @join__field(graph: B, external: true)
  name: String @join__field(graph: A, type: "String!", overrideLabel: "percent(5)")
    @join__field(graph: B, override: "users-1", overrideLabel: "percent(5)")
  rank: Int @join__field(graph: B, requires: "name") @inaccessible
  old: Int @join__field(graph: A, usedOverridden: true)
}
union Any @join__type(graph: A) @join__unionMember(graph: A, member: "User") = User
"""


def test_each_subgraph_s_view_of_a_field_is_kept() -> None:
    supergraph = load_supergraph(_HEAD + _BODY)
    assert {s.name: (s.graph, s.url) for s in supergraph.subgraphs.values()} == {
        "users-1": ("A", "http://a"),
        "b": ("B", "http://b"),
    }
    user = supergraph.types["User"]
    name, mine = user.fields["name"].subgraphs["users-1"], user.fields["name"].subgraphs["b"]
    assert (name.type, name.override_label, name.override) == ("String!", "percent(5)", None)
    assert (mine.override, mine.override_label) == ("users-1", "percent(5)")
    assert user.fields["rank"].subgraphs["b"].requires == (FieldSetField("name"),)
    assert user.fields["old"].subgraphs["users-1"].external
    assert supergraph.types["Query"].fields["user"].subgraphs["users-1"].provides == (FieldSetField("name"),)
    assert supergraph.override_labels == {"percent(5)"}
    assert supergraph.root_types == {OperationType.QUERY: "Query"}


def test_keys_of_an_extension_are_readable_and_know_whether_they_can_be_entered() -> None:
    user = load_supergraph(_HEAD + _BODY).types["User"]
    assert user.subgraphs["users-1"].keys == (Key("id", (FieldSetField("id"),)),)
    assert not user.subgraphs["b"].keys[0].resolvable
    assert not user.fields["id"].subgraphs["b"].external


def test_annotations_are_found_under_their_local_names() -> None:
    query = load_supergraph(_HEAD + _BODY).types["Query"]
    assert query.fields["user"].arguments["id"].cost == 3
    size = query.fields["users"].list_size
    assert size is not None
    assert size.assumed_size == 7
    assert query.fields["users"].authorization.scopes == (frozenset("ab"), frozenset("c"))


def test_the_api_schema_hides_machinery_and_what_is_inaccessible() -> None:
    text = print_schema(load_supergraph(_HEAD + _BODY).api_schema)
    assert "join__" not in text
    assert "rank" not in text
    assert "secret" not in text
    assert "user(id: ID!): User" in text


def test_possible_types_are_those_of_the_subgraph() -> None:
    supergraph = load_supergraph(_HEAD + _BODY)
    assert supergraph.types["Any"].kind is TypeKind.UNION
    assert supergraph.possible_types_in("users-1", "Any") == {"User"}
    assert supergraph.possible_types_in("b", "Any") == frozenset()


def test_a_federation_1_supergraph_reads_like_a_later_one() -> None:
    supergraph = load_supergraph(
        """schema @core(feature: "https://specs.apollo.dev/core/v0.1")
                  @core(feature: "https://specs.apollo.dev/join/v0.1") { query: Query }
        enum join__Graph { A @join__graph(name: "a", url: "") B @join__graph(name: "b", url: "") }
        type Query { me: User @join__field(graph: A) }
        type User @join__owner(graph: A) @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
          id: ID! @join__field(graph: A)
          name: String
          age: Int @join__field(graph: B)
        }
        type Value { x: Int }"""
    )
    fields = supergraph.types["User"].fields
    assert {name: sorted(field.subgraphs) for name, field in fields.items()} == {
        "id": ["a", "b"],
        "name": ["a"],
        "age": ["b"],
    }
    assert sorted(supergraph.types["Value"].subgraphs) == ["a", "b"]


@pytest.mark.parametrize(
    ("sdl", "line", "message"),
    [
        ("type Query {", 1, "Syntax Error"),
        ("type Query { a: Int }", None, "links no join"),
        (_HEAD + "type Query @join__type(graph: C) { a: Int }", 13, "no value C"),
        (_HEAD + 'type Query @join__type(graph: A, key: "a {") { a: Int }', 13, "not a field set"),
        (_HEAD + "type Query @join__type(graph: A) { a: Nope }", 13, "Nope"),
        (_HEAD + _BODY + "type User @join__type(graph: A) { a: Int }", 27, "more than one type"),
        (
            'schema @link(url: "https://specs.apollo.dev/join/v0.5")\n'
            '@link(url: "https://example.com/odd/v1.0", for: EXECUTION) { query: Query }',
            2,
            "not known here",
        ),
    ],
)
def test_a_broken_supergraph_is_refused_with_its_line(sdl: str, line: int | None, message: str) -> None:
    with pytest.raises(SupergraphError, match=message) as caught:
        load_supergraph(sdl)
    assert caught.value.line == line


def test_field_sets_print_as_they_were_read() -> None:
    text = 'id owner(a: "x") { id ... on User { name } }'
    assert print_field_set(parse_field_set("{ " + text + " }")) == text
    assert named_type("[User!]!") == "User"


def test_a_deprecated_field_may_implement_one_that_is_not() -> None:
    composed = compose(
        [
            Subgraph(
                name="a",
                url="",
                sdl="""type Query { node: Node } interface Node { id: ID! }
                       type Book implements Node { id: ID! @deprecated(reason: "use isbn") isbn: ID! }""",
            )
        ]
    )
    schema = load_supergraph(composed.supergraph_sdl).api_schema
    assert validate(schema, parse("{ node { id ... on Book { isbn } } }")) == []
