"""Entity fetches: keys of every shape, several subgraphs one after another, root fields entered again."""

from __future__ import annotations

from marquee_router.planning.plan import OperationKind, RootFetch
from tests.router.planning.examples import users
from tests.router.planning.graphs import Graph, fetches, subgraphs_of


def test_nested_and_list_keys_are_sent_as_they_are() -> None:
    owner = {"__typename": "Owner", "id": "o1"}
    parts = [{"__typename": "Part", "id": f"p{n}"} for n in range(2)]
    kit = {"__typename": "Kit", "owner": owner, "parts": parts, "name": "kit", "size": 3}
    key = '@key(fields: "owner { id } parts { id }")'
    values = "type Owner @shareable { id: ID! } type Part @shareable { id: ID! }"
    graph = Graph(
        {
            "a": f"""type Query {{ kit: Kit }} {values}
                     type Kit {key} {{ owner: Owner! parts: [Part!]! name: String }}""",
            "b": f"type Kit {key} {{ owner: Owner! parts: [Part!]! size: Int }} {values}",
        },
        {"kit": kit},
        [kit],
    )
    assert graph.answer("{ kit { size name } }") == {"kit": {"size": 3, "name": "kit"}}


def test_a_key_known_only_elsewhere_is_fetched_on_the_way() -> None:
    user = {"__typename": "User", "id": "1", "email": "e", "name": "n"}
    graph = Graph(
        {
            "a": 'type Query { user: User } type User @key(fields: "id") { id: ID! }',
            "b": 'type User @key(fields: "id") @key(fields: "email") { id: ID! email: String! }',
            "c": 'type User @key(fields: "email") { email: String! name: String }',
        },
        {"user": user},
        [user],
    )
    assert graph.answer("{ user { name } }") == {"user": {"name": "n"}}
    assert subgraphs_of(graph.plan("{ user { name } }")) == ["a", "b", "c"]


def test_root_fields_of_a_query_below_a_mutation_are_fetched_from_their_subgraphs() -> None:
    plan = users().plan("mutation { second { user { id } other { age } } }")
    again = [f for f in fetches(plan.node) if isinstance(f, RootFetch) and f.path]
    assert [(f.subgraph, f.kind, f.path) for f in again] == [("b", OperationKind.QUERY, ("second",))]
