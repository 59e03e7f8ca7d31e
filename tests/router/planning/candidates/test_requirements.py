"""`@requires`: circles, chains, hidden fields, abstract values, arguments."""

from __future__ import annotations

from tests.router.planning.examples import shop
from tests.router.planning.graphs import Graph, subgraphs_of


def test_compound_keys_and_chained_requirements_reach_the_right_values() -> None:
    graph = shop()
    answer = graph.answer("{ one { label price } many { label upc } }")
    assert answer["one"]["label"] == "label-1<estimate=estimate-1<price=10>>"
    assert subgraphs_of(graph.plan("{ one { label } }")) == ["catalog", "details", "shipping", "labels"]


def test_arguments_of_a_requirement_are_kept_apart_from_the_clients() -> None:
    item = {"__typename": "Item", "id": "1", "cost": "cost", "fee": "fee"}
    graph = Graph(
        {
            "a": """type Query { item: Item }
                    type Item @key(fields: "id") { id: ID! cost(currency: String): String }""",
            "b": """type Item @key(fields: "id") { id: ID! cost(currency: String): String @external
                    fee: String @requires(fields: "cost(currency: \\"EUR\\")") }""",
        },
        {"item": item},
        [item],
    )
    answer = graph.answer('{ item { cost(currency: "USD") fee } }')
    assert answer["item"] == {"cost": "cost(currency:USD)", "fee": "fee<cost=cost(currency:EUR)>"}


def _circle() -> Graph:
    part = {"__typename": "Part", "id": "1", "a": "a", "b": "b", "c": "c", "d": "d"}
    return Graph(
        {
            "first": """type Query { part: Part } type Part @key(fields: "id") { id: ID! a: String
                        b: String @external c: String @requires(fields: "b") }""",
            "second": """type Part @key(fields: "id") { id: ID! a: String @external
                         b: String @requires(fields: "a")
                         c: String @external d: String @requires(fields: "c") }""",
        },
        {"part": part},
        [part],
    )


def test_two_subgraphs_that_require_fields_of_each_other_are_asked_in_turn() -> None:
    graph = _circle()
    assert graph.answer("{ part { d } }") == {"part": {"d": "d<c=c<b=b<a=a>>>"}}
    assert subgraphs_of(graph.plan("{ part { d } }")) == ["first", "second", "first", "second"]
    assert subgraphs_of(graph.plan("{ part { d c b a } }")) == ["first", "second", "first", "second"]
    graph.answer("{ part { c d: a a: d } }")


def test_a_hidden_field_feeds_a_requirement() -> None:
    item = {"__typename": "Item", "id": "1", "secret": "s", "shown": "x"}
    graph = Graph(
        {
            "a": """type Query { item: Item }
                    type Item @key(fields: "id") { id: ID! secret: String @inaccessible }""",
            "b": """type Item @key(fields: "id") { id: ID! secret: String @external
                    shown: String @requires(fields: "secret") }""",
        },
        {"item": item},
        [item],
    )
    assert graph.answer("{ item { shown } }") == {"item": {"shown": "x<secret=s>"}}
    assert graph.answer("{ item { secret: shown } }") == {"item": {"secret": "x<secret=s>"}}


def _boxes() -> Graph:
    book = {"__typename": "Book", "__interfaces": ["Item"], "id": "b", "cost": "c", "pages": "3"}
    film = {"__typename": "Film", "__interfaces": ["Item"], "id": "f", "cost": "d", "minutes": "9"}
    box = {"__typename": "Box", "id": "x", "item": book, "items": [film, book], "weight": "w", "label": "l"}
    other = {**box, "id": "y", "item": film, "items": []}

    def items(external: str) -> str:
        return f"""interface Item {{ id: ID! cost: String }}
            type Book implements Item @key(fields: "id") {{ id: ID! cost: String {external}
                                                            pages: String {external} }}
            type Film implements Item @key(fields: "id") {{ id: ID! cost: String {external}
                                                            minutes: String {external} }}"""

    return Graph(
        {
            "a": f"""type Query {{ box: Box boxes: [Box] }} {items("")}
                     type Box @key(fields: "id") {{ id: ID! item: Item items: [Item] }}""",
            "b": f"""{items("@external")}
                type Box @key(fields: "id") {{
                  id: ID! item: Item @external items: [Item] @external
                  weight: String @requires(
                    fields: "item {{ cost ... on Book {{ pages }} ... on Film {{ minutes }} }}")
                  label: String @requires(fields: "items {{ ... on Book {{ pages }} }}")
                }}""",
        },
        {"box": box, "boxes": [box, None, other]},
        [box, other, book, film],
    )


def test_requirements_lead_through_interfaces_and_fragments_with_the_concrete_types() -> None:
    graph = _boxes()
    answer = graph.answer("{ box { weight label } }")["box"]
    assert answer == {"weight": "w<item=cost=c,pages=3>", "label": "l<items=[;pages=3]>"}
    assert subgraphs_of(graph.plan("{ box { weight label } }")) == ["a", "b"]
    graph.answer("{ boxes { weight label item { __typename id: cost } } }")
    graph.answer("{ boxes { weight items { ... on Book { cost: pages } ... on Film { t: __typename } } } }")


def _priced() -> Graph:
    parts = [{"__typename": "Part", "size": f"s{n}"} for n in range(2)]
    item = {"__typename": "Item", "id": "1", "price": "p", "parts": parts, "ship": "sh", "tax": "tx"}
    return Graph(
        {
            "a": """type Query { item: Item items: [Item] }
                    type Item @key(fields: "id") { id: ID! price(in: String): String
                      parts(first: Int): [Part] }
                    type Part @shareable { size(unit: String): String }""",
            "b": """type Item @key(fields: "id") { id: ID! price(in: String): String @external
                    parts(first: Int): [Part] @external ship: String @requires(
                      fields: "price(in: \\"EUR\\") parts(first: 2) { size(unit: \\"CM\\") }") }
                    type Part { size(unit: String): String @external }""",
            "c": """type Item @key(fields: "id") { id: ID! price(in: String): String @external
                    tax: String @requires(fields: "price(in: \\"CHF\\")") }""",
        },
        {"item": item, "items": [item, None]},
        [item],
    )


def test_arguments_in_a_field_set_never_mix_with_the_client_s() -> None:
    graph = _priced()
    assert graph.answer('{ item { price(in: "USD") ship tax } }')["item"] == {
        "price": "p(in:USD)",
        "ship": "sh<price=p(in:EUR),parts=[size=s0(unit:CM);size=s1(unit:CM)]>",
        "tax": "tx<price=p(in:CHF)>",
    }
    graph.answer('{ item { ship parts(first: 2) { size(unit: "IN") } price(in: "EUR") } }')
    graph.answer('{ item { ship parts(first: 9) { size(unit: "CM") } price_1: price } }')
    graph.answer("query($in: String) { items { price(in: $in) p: price ship tax } }", {"in": "GBP"})
