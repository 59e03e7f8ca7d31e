"""How refusals, faults and bad input reach a client."""

from __future__ import annotations

import logging
import re

import pytest

from marquee_subgraphs.kit.identity import ANONYMOUS
from tests.subgraphs.door import Door, customer, staff
from tests.subgraphs.kit.graphql.shop import build_shop_schema

BUY = """
mutation ($input: BuyBookInput!) {
  buyBook(input: $input) {
    book { id } total { amount currency }
    errors { __typename code message path
      ... on RateLimited { retryAfterSeconds }
      ... on OutOfStock { left alternatives { id title } } }
  }
}
"""


async def _refused(door: Door, book_id: str, count: int) -> dict[str, object]:
    payload = (await door.ask(BUY, {"input": {"bookId": book_id, "count": count}})).only()
    assert payload["book"] is None
    [error] = payload["errors"]
    assert isinstance(error, dict)
    return error


async def test_a_mutation_that_succeeds_has_no_errors(door: Door) -> None:
    payload = (await door.ask(BUY, {"input": {"bookId": "b1", "count": 2}})).only()
    assert payload == {
        "book": {"id": "b1"},
        "total": {"amount": "19.80", "currency": "PEN"},
        "errors": [],
    }


async def test_a_refusal_becomes_a_typed_error_of_the_payload(door: Door) -> None:
    assert await _refused(door, "b9", 1) == {
        "__typename": "NotFound",
        "code": "NOT_FOUND",
        "message": "There is no such book.",
        "path": ["input", "bookId"],
    }


async def test_a_subgraphs_own_error_carries_its_data(door: Door) -> None:
    error = await _refused(door, "b1", 3)
    assert error["__typename"] == "OutOfStock"
    assert (error["code"], error["left"]) == ("OUT_OF_STOCK", 2)
    assert error["alternatives"] == [{"id": "b2", "title": "Book 2"}, {"id": "b3", "title": "Book 3"}]


def test_the_type_of_an_error_is_derived_from_its_refusal() -> None:
    sdl = build_shop_schema().as_str()
    [declared] = re.findall(r"type OutOfStock implements UserError \{(.*?)\}", sdl, re.DOTALL)
    assert [line.strip() for line in declared.strip().splitlines()] == [
        "code: String!",
        "message: String!",
        "path: [String!]",
        "left: Int!",
        'alternatives: [Book!]! @provides(fields: "title")',
    ]
    assert "type RateLimited implements UserError @shareable" in sdl


async def test_a_refusal_without_a_type_is_shown_as_its_nearest_with_its_own_code(door: Door) -> None:
    error = await _refused(door, "b1", 4)
    assert (error["__typename"], error["code"], error["path"]) == ("Conflict", "SHOP_CLOSED", None)


async def test_a_throttled_client_learns_when_to_come_back(door: Door) -> None:
    assert (await _refused(door, "b1", 5))["retryAfterSeconds"] == 30


async def test_every_bad_field_is_named_at_once(door: Door) -> None:
    payload = (await door.ask(BUY, {"input": {"bookId": "b\u202e1", "count": 11}})).only()
    assert [error["path"] for error in payload["errors"]] == [["input", "bookId"], ["input", "count"]]
    assert {error["__typename"] for error in payload["errors"]} == {"InvalidInput"}


async def test_a_fault_is_masked_and_logged_with_its_trace(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    with caplog.at_level(logging.ERROR, "marquee.shop"):
        answer = await door.ask(
            BUY,
            {"input": {"bookId": "b1", "count": 6}},
            headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"},
        )
    [error] = answer.errors
    assert error["extensions"] == {"code": "INTERNAL", "traceId": trace}
    assert "private.key" not in str(answer)
    [record] = caplog.records
    assert record.exc_info is not None
    assert "private.key" in str(record.exc_info[1])
    assert record.__dict__["trace_id"] == trace


async def test_a_fault_of_a_query_leaves_its_siblings(door: Door) -> None:
    answer = await door.ask("{ broken half(of: 3) }")
    assert answer.data == {"broken": None, "half": "1.5"}
    assert answer.codes == ["INTERNAL"]
    assert "password" not in str(answer)


async def test_a_refusal_in_a_query_is_an_error_with_its_code(door: Door) -> None:
    assert (await door.ask("{ secret }", viewer=ANONYMOUS)).codes == ["UNAUTHENTICATED"]
    assert (await door.ask("{ secret }", viewer=customer("usr_1"))).codes == ["NOT_ALLOWED"]
    assert (await door.ask("{ secret }", viewer=staff("books:read", user_id="usr_2"))).only() == "usr_2"


@pytest.mark.parametrize(
    "query",
    ["{", "{ nothing }", "query ($x: Int!) { books(first: $x) { nodes { id } } }", "{ books { nodes } }", ""],
)
async def test_a_bad_document_is_refused_with_a_code(door: Door, query: str) -> None:
    answer = await door.ask(query)
    assert answer.data is None
    assert set(answer.codes) <= {"GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"}
    assert answer.errors
