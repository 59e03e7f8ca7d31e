"""Fields that a subgraph can read itself: provided, external, of the first version of federation."""

from __future__ import annotations

from tests.router.planning.graphs import Graph, subgraphs_of
from tests.router.planning.world import Object


def test_a_provided_field_is_read_there_and_only_there() -> None:
    user = {"__typename": "User", "id": "1", "name": "n"}
    graph = Graph(
        {
            "a": """type Query { near: User @provides(fields: "name") far: User }
                    type User @key(fields: "id") { id: ID! name: String @external }""",
            "b": 'type User @key(fields: "id") { id: ID! name: String @shareable }',
        },
        {"near": user, "far": user},
        [user],
    )
    assert subgraphs_of(graph.plan("{ near { name } }")) == ["a"]
    assert subgraphs_of(graph.plan("{ far { name } }")) == ["a", "b"]
    graph.answer("{ near { name } far { name } }")


def test_an_object_without_key_is_reached_again_through_its_parent() -> None:
    profile = {"__typename": "Profile", "bio": "b", "score": 7}
    user = {"__typename": "User", "id": "1", "profile": profile}
    graph = Graph(
        {
            "a": """type Query { user: User }
                    type User @key(fields: "id") { id: ID! profile: Profile @shareable }
                    type Profile { bio: String }""",
            "b": """type User @key(fields: "id") { id: ID! profile: Profile @shareable }
                    type Profile { score: Int }""",
        },
        {"user": user},
        [user],
    )
    assert graph.answer("{ user { profile { bio score } } }")["user"]["profile"] == {"bio": "b", "score": 7}
    assert subgraphs_of(graph.plan("{ user { profile { bio score } } }")) == ["a", "b"]


def test_provided_fields_are_read_in_place_at_any_depth_and_no_deeper() -> None:
    company: Object = {"__typename": "Company", "id": "c", "title": "T"}
    head = {"__typename": "User", "id": "2", "name": "m", "company": company}
    company["head"] = head
    user = {"__typename": "User", "id": "1", "name": "n", "company": company}
    graph = Graph(
        {
            "a": """type Query { far: User
                      near: User @provides(fields: "name company { title head { name } }") }
                    type User @key(fields: "id") { id: ID! name: String @external
                      company: Company @external }
                    type Company @key(fields: "id") { id: ID! title: String @external
                      head: User @external }""",
            "b": """type User @key(fields: "id") { id: ID! name: String @shareable
                      company: Company @shareable }
                    type Company @key(fields: "id") { id: ID! title: String @shareable
                      head: User @shareable }""",
        },
        {"near": user, "far": user},
        [user, head, company],
    )
    provided = "{ near { name company { title head { name } } } }"
    graph.answer(provided)
    assert subgraphs_of(graph.plan(provided)) == ["a"]
    graph.answer("{ near { company { head { company { title } } } } far { name company { title } } }")
    assert subgraphs_of(graph.plan("{ near { company { head { company { title } } } } }")) == ["a", "b"]


def test_a_field_that_is_provided_on_a_union_member_is_read_of_that_member_only() -> None:
    found: list[Object] = [
        {"__typename": "Book", "id": "b", "title": "B"},
        {"__typename": "Film", "id": "f", "title": "F", "minutes": 9},
    ]
    graph = Graph(
        {
            "a": """type Query { far: [Found]
                      near: [Found] @provides(fields: "... on Book { title } ... on Film { minutes }") }
                    union Found = Book | Film
                    type Book @key(fields: "id") { id: ID! title: String @external }
                    type Film @key(fields: "id") { id: ID! minutes: Int @external }""",
            "b": """type Book @key(fields: "id") { id: ID! title: String @shareable }
                    type Film @key(fields: "id") { id: ID! title: String minutes: Int @shareable }""",
        },
        {"near": found, "far": found},
        found,
    )
    for root in ("near", "far"):
        graph.answer(f"{{ {root} {{ ... on Book {{ title }} ... on Film {{ minutes }} }} }}")
        graph.answer(f"{{ {root} {{ ... on Book {{ title }} ... on Film {{ title minutes }} }} }}")
    assert subgraphs_of(graph.plan("{ near { ... on Book { title } ... on Film { minutes } } }")) == ["a"]
    assert subgraphs_of(graph.plan("{ near { ... on Film { title } } }")) == ["a", "b"]
    assert subgraphs_of(graph.plan("{ far { ... on Book { title } } }")) == ["a", "b"]


SIZE = {"__typename": "Size", "width": 2}


ITEM = {"__typename": "Item", "id": "1", "name": "n", "weight": "w", "cost": "c", "size": SIZE, "stock": 4}


_CATALOGUE = """type Query { item: Item items: [Item] } type Size { width: Int }
                type Item @key(fields: "id") { id: ID! name: String weight: String size: Size }"""


_SHIPPING = """type Query { fast: Item @provides(fields: "name") } type Size { width: Int }
               extend type Item @key(fields: "id") { id: ID! @external name: String @external
                 weight: String @external size: Size cost: String @requires(fields: "weight") }"""


def _old_graph(**newer: str) -> Graph:
    subgraphs = {"catalogue": _CATALOGUE, "shipping": _SHIPPING, **newer}
    return Graph(
        subgraphs,
        {"item": ITEM, "items": [ITEM, None], "fast": ITEM},
        [ITEM],
        federation_1=("catalogue", "shipping"),
    )


def test_extensions_external_keys_and_requirements_work_as_they_did() -> None:
    graph = _old_graph()
    answer = graph.answer("{ item { name cost size { width } } }")["item"]
    assert answer == {"name": "n", "cost": "c<weight=w>", "size": {"width": 2}}
    assert subgraphs_of(graph.plan("{ item { cost } }")) == ["catalogue", "shipping"]
    graph.answer("{ items { cost weight } fast { cost } }")


def test_a_key_that_an_extension_declares_external_is_read_there() -> None:
    graph = _old_graph()
    assert subgraphs_of(graph.plan("{ fast { id name } }")) == ["shipping"]
    assert graph.answer("{ fast { id name } }") == {"fast": {"id": "1", "name": "n"}}
    assert subgraphs_of(graph.plan("{ fast { id weight } }")) == ["shipping", "catalogue"]


def test_value_types_are_shared_without_a_directive() -> None:
    graph = _old_graph()
    assert subgraphs_of(graph.plan("{ item { size { width } } }")) == ["catalogue"]
    assert subgraphs_of(graph.plan("{ fast { size { width } } }")) == ["shipping"]


def test_old_and_new_subgraphs_answer_together() -> None:
    graph = _old_graph(stock='type Item @key(fields: "id") { id: ID! stock: Int }')
    assert graph.answer("{ fast { stock cost name } }")["fast"]["stock"] == 4
    graph.answer("{ items { stock size { width } } }")


def test_an_object_with_a_key_of_its_own_is_not_read_from_its_parent_again() -> None:
    """That subgraph knows the parent only by its key, and may have no such object."""
    ann = {"__typename": "Buyer", "id": "b", "since": 1}
    order = {"__typename": "Order", "id": "1", "buyer": ann, "paid": True}
    both = 'type Order @key(fields: "id buyer { id }") { id: ID! buyer: Buyer!'
    graph = Graph(
        {
            "orders": f'type Query {{ order: Order }} {both} }} type Buyer @key(fields: "id") {{ id: ID! }}',
            "buyers": """extend type Order @key(fields: "id buyer { id }") {
                           id: ID! @external buyer: Buyer! @external paid: Boolean }
                         extend type Buyer @key(fields: "id") { id: ID! @external since: Int }""",
        },
        {"order": order},
        [ann],  # the order itself is unknown
        federation_1={"buyers"},
    )
    assert graph.answer("{ order { buyer { since } } }") == {"order": {"buyer": {"since": 1}}}
