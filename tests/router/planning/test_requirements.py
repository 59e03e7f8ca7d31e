"""`@requires`: circles, hidden fields, abstract values, arguments."""

from __future__ import annotations

from itertools import product

from marquee_router.planning.plan import Condition, EntityFetch
from tests.router.planning.graphs import Graph, fetches, subgraphs_of


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


def test_two_subgraphs_that_require_of_one_another_are_asked_in_turn() -> None:
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


def test_requirements_lead_through_interfaces_and_fragments_and_tell_the_types() -> None:
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


def test_arguments_in_a_field_set_never_meet_the_client_s() -> None:
    graph = _priced()
    assert graph.answer('{ item { price(in: "USD") ship tax } }')["item"] == {
        "price": "p(in:USD)",
        "ship": "sh<price=p(in:EUR),parts=[size=s0(unit:CM);size=s1(unit:CM)]>",
        "tax": "tx<price=p(in:CHF)>",
    }
    graph.answer('{ item { ship parts(first: 2) { size(unit: "IN") } price(in: "EUR") } }')
    graph.answer('{ item { ship parts(first: 9) { size(unit: "CM") } price_1: price } }')
    graph.answer("query($in: String) { items { price(in: $in) p: price ship tax } }", {"in": "GBP"})


_BOOLEANS = (True, False)


def _skipped() -> Graph:
    door = {"__typename": "Door", "id": "d", "width": 2, "colour": "c"}
    wall = {"__typename": "Wall", "height": 3, "length": 5, "door": door}
    house = {"__typename": "House", "id": "h", "wall": wall, "door": door, "price": "p", "rooms": "r"}
    return Graph(
        {
            "a": """type Query { house: House } type Door @key(fields: "id") { id: ID! width: Int }
                    type House @key(fields: "id") { id: ID! wall: Wall @shareable door: Door }
                    type Wall @shareable { height: Int length: Int door: Door }""",
            "b": """type Wall @shareable { height: Int length: Int door: Door }
                    type Door @key(fields: "id") { id: ID! colour: String }
                    type House @key(fields: "id") { id: ID! wall: Wall @external door: Door @external
                      price: String @requires(fields: "wall { length }")
                      rooms: String @requires(fields: "door { id } wall { door { id } }") }""",
        },
        {"house": house},
        [house, door],
    )


def test_what_is_skipped_is_not_read_where_a_requirement_reads_beside_it() -> None:
    graph = _skipped()
    plan = graph.plan("query ($s: Boolean!) { house { wall @skip(if: $s) { height } price } }")
    (first, _) = fetches(plan.node)
    assert "wall{height @skip(if:$s)length}" in first.operation
    selection = "wall @skip(if: $s) { height } price @include(if: $i)"
    plan = graph.plan(f"query ($s: Boolean!, $i: Boolean!) {{ house {{ {selection} }} }}")
    (first, _) = fetches(plan.node)
    assert "...@skip(if:$s){wall{height length @include(if:$i)}}" in first.operation
    assert "...@include(if:$i){wall{height @skip(if:$s)length}}" in first.operation


def test_no_condition_is_written_twice_where_a_requirement_reads_beside() -> None:
    plan = _skipped().plan(
        "query ($i: Boolean!) { house { wall @include(if: $i) { height } price @include(if: $i) } }"
    )
    assert "wall @include(if:$i){height length}" in fetches(plan.node)[0].operation


def test_a_skipped_object_is_not_completed_because_a_requirement_has_its_key() -> None:
    graph = _skipped()
    for selection in ("door @skip(if: $s) { colour }", "wall @skip(if: $s) { door { colour width } }"):
        operation = f"query ($s: Boolean!) {{ house {{ {selection} rooms }} }}"
        graph.answer(operation, {"s": True})
        graph.answer(operation, {"s": False})
        fetch = fetches(graph.plan(operation).node)[1]
        assert isinstance(fetch, EntityFetch)
        assert {target.conditions for target in fetch.targets} == {((Condition("s", False),),), ()}


def test_conditions_beside_requirements_never_change_an_answer() -> None:
    graph = _skipped()
    selection = """
        wall @skip(if: $s) { height door @include(if: $i) { colour width } length @skip(if: $i) }
        ... @include(if: $i) { door { width colour @skip(if: $s) } } price @include(if: $s) rooms"""
    for s, i in product(_BOOLEANS, _BOOLEANS):
        variables = {"s": s, "i": i}
        graph.answer(f"query ($s: Boolean!, $i: Boolean!) {{ house {{ {selection} }} }}", variables)


def test_a_requirement_completes_an_object_that_the_client_skips() -> None:
    door = {"__typename": "Door", "id": "d", "width": 2, "colour": "c"}
    house = {"__typename": "House", "id": "h", "door": door, "look": "l"}
    graph = Graph(
        {
            "a": """type Query { house: House } type Door @key(fields: "id") { id: ID! }
                    type House @key(fields: "id") { id: ID! door: Door }""",
            "b": """type Door @key(fields: "id") { id: ID! width: Int colour: String }""",
            "c": """type Door @key(fields: "id") { id: ID! colour: String @external }
                    type House @key(fields: "id") { id: ID! door: Door @external
                      look: String @requires(fields: "door { colour }") }""",
        },
        {"house": house},
        [house, door],
    )
    operation = """query ($s: Boolean!, $i: Boolean!) {
        house { door @skip(if: $s) { width colour @skip(if: $i) } look @include(if: $i) } }"""
    for s, i in product(_BOOLEANS, _BOOLEANS):
        graph.answer(operation, {"s": s, "i": i})
