"""What a selection set repeats is dropped where it means nothing, and only there."""

from __future__ import annotations

import pytest
from graphql import parse, print_ast

from marquee_router.engine.duplicate_fields import without_duplicate_fields
from tests.router.transport.driving import post
from tests.router.transport.graph import graph

DOCUMENTS = {
    "{ a a b a }": "{ a b }",
    "{ x: a x: a y: a a }": "{ x: a y: a a }",
    "{ a @skip(if: true) a a(n: 1) a(n: 1) }": "{ a @skip(if: true) a a(n: 1) a(n: 1) }",
    "{ a { b b } a { b } ... on Q { c c ...F } } fragment F on Q { d d }": (
        "{ a { b } a { b } ... on Q { c ...F } } fragment F on Q { d }"
    ),
}


@pytest.mark.parametrize("text", DOCUMENTS)
def test_a_plain_field_stands_once(text: str) -> None:
    assert print_ast(without_duplicate_fields(parse(text))) == print_ast(parse(DOCUMENTS[text]))


def test_a_document_without_any_keeps_its_selections() -> None:
    document = parse("{ a { b c } }")
    reduced = without_duplicate_fields(document)
    assert reduced.definitions[0].selection_set is document.definitions[0].selection_set  # type: ignore[attr-defined]  # an operation


async def test_thousands_of_equal_fields_are_answered() -> None:
    app = graph().app
    assert (await post(app, "{ " + "__typename " * 5000 + "}")).json == {"data": {"__typename": "Query"}}
    films = await post(app, "{ films { " + "title " * 5000 + "} }")
    assert films.json["data"]["films"][0] == {"title": "Film 1"}
    unknown = await post(app, "{ " + "nothing " * 5000 + "}")
    assert [error["message"] for error in unknown.json["errors"]] == [
        "Cannot query field 'nothing' on type 'Query'."
    ]
