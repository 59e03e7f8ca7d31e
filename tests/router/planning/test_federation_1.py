"""Subgraphs of the first version of federation, alone and beside newer ones."""

from __future__ import annotations

from tests.router.planning.graphs import Graph, subgraphs_of

SIZE = {"__typename": "Size", "width": 2}
ITEM = {"__typename": "Item", "id": "1", "name": "n", "weight": "w", "cost": "c", "size": SIZE, "stock": 4}

_CATALOGUE = """type Query { item: Item items: [Item] } type Size { width: Int }
                type Item @key(fields: "id") { id: ID! name: String weight: String size: Size }"""
_SHIPPING = """type Query { fast: Item @provides(fields: "name") } type Size { width: Int }
               extend type Item @key(fields: "id") { id: ID! @external name: String @external
                 weight: String @external size: Size cost: String @requires(fields: "weight") }"""


def _graph(**newer: str) -> Graph:
    subgraphs = {"catalogue": _CATALOGUE, "shipping": _SHIPPING, **newer}
    return Graph(
        subgraphs,
        {"item": ITEM, "items": [ITEM, None], "fast": ITEM},
        [ITEM],
        federation_1=("catalogue", "shipping"),
    )


def test_extensions_external_keys_and_requirements_work_as_they_did() -> None:
    graph = _graph()
    answer = graph.answer("{ item { name cost size { width } } }")["item"]
    assert answer == {"name": "n", "cost": "c<weight=w>", "size": {"width": 2}}
    assert subgraphs_of(graph.plan("{ item { cost } }")) == ["catalogue", "shipping"]
    graph.answer("{ items { cost weight } fast { cost } }")


def test_a_key_that_an_extension_calls_external_is_read_there() -> None:
    graph = _graph()
    assert subgraphs_of(graph.plan("{ fast { id name } }")) == ["shipping"]
    assert graph.answer("{ fast { id name } }") == {"fast": {"id": "1", "name": "n"}}
    assert subgraphs_of(graph.plan("{ fast { id weight } }")) == ["shipping", "catalogue"]


def test_value_types_are_shared_without_saying_so() -> None:
    graph = _graph()
    assert subgraphs_of(graph.plan("{ item { size { width } } }")) == ["catalogue"]
    assert subgraphs_of(graph.plan("{ fast { size { width } } }")) == ["shipping"]


def test_old_and_new_subgraphs_answer_together() -> None:
    graph = _graph(stock='type Item @key(fields: "id") { id: ID! stock: Int }')
    assert graph.answer("{ fast { stock cost name } }")["fast"]["stock"] == 4
    graph.answer("{ items { stock size { width } } }")


def test_an_object_known_by_its_own_key_is_not_read_of_its_parent_again() -> None:
    """The parent is only named by a key there, and may be unknown."""
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
