"""Entities by representation, and lists by page."""

from __future__ import annotations

from typing import Any

import pytest

from tests.subgraphs.door import Door
from tests.subgraphs.kit.graphql.shop import Shop


async def test_any_number_of_representations_is_one_batch_in_their_order(door: Door, shop: Shop) -> None:
    answer = await door.entities("Book", ["b3", "b1", "b9", "b3", "b2"], "id title")
    assert [entity and entity["title"] for entity in answer.only()] == [
        "Book 3",
        "Book 1",
        None,
        "Book 3",
        "Book 2",
    ]
    assert shop.batches == [["b3", "b1", "b9", "b2"]]


async def test_one_bad_entity_fails_alone(door: Door) -> None:
    answer = await door.entities("Book", ["b1", "b6", {"id": 5}, {"id": "b2"}, {"isbn": "x"}], "title")
    assert [entity and entity["title"] for entity in answer.data["_entities"]] == [
        "Book 1",
        None,
        None,
        "Book 2",
        None,
    ]
    by_index = {error["path"][1]: error for error in answer.errors}
    assert by_index[1]["extensions"]["code"] == "INTERNAL"
    assert "torn" not in str(answer)
    assert by_index[2]["extensions"]["code"] == by_index[4]["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize("typename", ["Nothing", "Query", "Money", "UserError", 3, None])
async def test_what_is_no_entity_is_refused(door: Door, typename: Any) -> None:
    query = "query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }"
    answer = await door.ask(query, {"r": [{"__typename": typename, "id": "b1"}]})
    assert answer.data == {"_entities": [None]}
    assert len(answer.errors) == 1


async def test_required_fields_come_with_the_representation(door: Door, shop: Shop) -> None:
    given = {"isbn": "978", "basePrice": {"amount": "10.05", "currency": "EUR"}}
    [entity] = (await door.entities("Edition", [given], "isbn priceWithTax { amount currency }")).only()
    assert entity == {"isbn": "978", "priceWithTax": {"amount": "11.86", "currency": "EUR"}}
    assert shop.batches == []
    for bad in ({"isbn": "978"}, {"isbn": "978", "basePrice": {"amount": 1.5, "currency": "EUR"}}):
        answer = await door.entities("Edition", [bad], "isbn")
        assert answer.data == {"_entities": [None]}
        assert answer.codes == ["BAD_USER_INPUT"]


async def test_a_list_is_walked_page_by_page(door: Door) -> None:
    query = """query ($after: String) { books(first: 3, after: $after) {
        nodes { id } edges { cursor node { id } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
    seen: list[str] = []
    after = None
    for has_next in (True, True, False):
        page = (await door.ask(query, {"after": after})).only()
        seen += [node["id"] for node in page["nodes"]]
        assert page["pageInfo"]["hasNextPage"] is has_next
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        assert page["pageInfo"]["startCursor"] == page["edges"][0]["cursor"]
        after = page["pageInfo"]["endCursor"]
    assert seen == [f"b{number}" for number in range(1, 8)]


async def test_the_total_is_counted_only_when_asked_for(door: Door, shop: Shop) -> None:
    await door.ask("{ books { nodes { id } } }")
    assert shop.counted == 0
    assert (await door.ask("{ books(first: 1) { totalCount } }")).only() == {"totalCount": 7}
    assert shop.counted == 1


@pytest.mark.parametrize("first", [0, -1, 101, 2**31 - 1])
async def test_a_page_has_one_to_a_hundred_rows(door: Door, first: int) -> None:
    answer = await door.ask("query ($n: Int!) { books(first: $n) { nodes { id } } }", {"n": first})
    assert answer.codes == ["INVALID_INPUT"]


@pytest.mark.parametrize("after", ["", "x", "!!!", "WzFd", "W10", "bnVsbA", "e30", "A" * 5000, "é"])
async def test_a_cursor_of_another_list_is_refused(door: Door, after: str) -> None:
    answer = await door.ask("query ($a: String) { books(after: $a) { nodes { id } } }", {"a": after})
    assert answer.codes == ["INVALID_INPUT"]


async def test_the_schema_prints_the_conventions(door: Door) -> None:
    sdl = door.subgraph.sdl
    assert "books(first: Int! = 20, after: String): BookConnection! @listSize" in sdl
    assert "type Money @shareable" in sdl
    assert 'priceWithTax: Money! @requires(fields: "basePrice { amount currency }")' in sdl
    assert "buyBook(input: BuyBookInput!): BuyBookPayload!" in sdl
    assert "= null" not in sdl
    assert "federation/v2.11" in sdl
