"""What may not be shown is null with an error, or refuses the request; either way it is never fetched."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from marquee_router.request import RequestContext
from marquee_router.security.authorization import CODE
from tests.router.security.issuing import issuing
from tests.router.transport.driving import Answer, post
from tests.router.transport.graph import Graph, graph


def denied(answer: Answer) -> list[list[str]]:
    """The paths of denied fields."""
    errors = answer.json.get("errors", [])
    assert all(error["extensions"]["code"] == CODE for error in errors)
    return [error["path"] for error in errors]


class Client:
    """Asks as somebody."""

    def __init__(self, settings: dict[str, Any] | None = None, **policies: bool) -> None:
        self.issuer = issuing()
        held = frozenset(name for name, holds in policies.items() if holds)

        async def decide(named: frozenset[str], _: RequestContext) -> frozenset[str]:
            return named & held

        extras = replace(self.issuer.extras(), policies=decide)
        authentication = {**self.issuer.settings()["authentication"], **(settings or {})}
        self.graph: Graph = graph({"authentication": authentication}, extras)

    async def ask(self, query: str, scopes: str | None = None) -> Answer:
        """Ask with these scopes; None: as a guest."""
        headers = {}
        if scopes is not None:
            headers = {"authorization": f"Bearer {self.issuer.token('ada', scope=scopes)}"}
        return await post(self.graph.app, query, headers=headers)

    def never_fetched(self, *words: str) -> bool:
        """Whether no subgraph was asked for these."""
        return not any(word in query for query in self.graph.fetched for word in words)


async def test_a_guest_gets_null_where_a_client_must_be_known() -> None:
    client = Client()
    answer = await client.ask("{ me { name } diary }")
    assert answer.json["data"] == {"me": {"name": "Ada"}, "diary": None}
    assert denied(answer) == [["diary"]]
    assert client.never_fetched("diary")


async def test_a_known_client_gets_it() -> None:
    client = Client()
    answer = await client.ask("{ me { name } diary }", "")
    assert answer.json == {"data": {"me": {"name": "Ada"}, "diary": "dear diary"}}


@pytest.mark.parametrize(
    ("scopes", "allowed"), [(None, False), ("email", False), ("email read", True), ("admin", True)]
)
async def test_one_alternative_of_scopes_must_be_held_whole(scopes: str | None, allowed: bool) -> None:
    client = Client()
    answer = await client.ask("{ me { email } }", scopes)
    assert answer.json["data"] == {"me": {"email": "ada@b.test" if allowed else None}}
    assert denied(answer) == ([] if allowed else [["me", "email"]])
    assert client.never_fetched("email") is not allowed


async def test_an_entity_fetch_for_denied_fields_is_never_sent() -> None:
    client = Client()
    answer = await client.ask("{ films { title takings } }", "email")
    assert answer.json["data"] == {"films": [{"title": f"Film {n}", "takings": None} for n in (1, 2)]}
    assert denied(answer) == [["films", "takings"]]
    assert client.graph.subgraphs["takings"].headers == []
    partly = await client.ask("{ films { takings length } }", "email")
    assert partly.json["data"]["films"] == [{"takings": None, "length": 90}] * 2
    assert client.never_fetched("takings")


async def test_a_denied_mutation_does_not_run() -> None:
    client = Client()
    answer = await client.ask("mutation { burn }", "email")
    assert answer.json["data"] == {"burn": None}
    assert client.graph.fetched == []


async def test_a_type_may_be_protected_wherever_it_appears() -> None:
    client = Client()
    guest = await client.ask(
        "{ films { title } any { __typename ... on Film { title } ... on Note { text } } }"
    )
    assert guest.json["data"]["any"][0] == {"__typename": "Film", "title": "Film 1"}
    assert ["any", "text"] in denied(guest)
    known = await client.ask("{ any { ... on Note { text } } }", "")
    assert known.json == {"data": {"any": [{}, {"text": "a note"}]}}


async def test_a_non_null_list_of_a_protected_type_nulls_its_parent() -> None:
    client = Client()
    answer = await client.ask("{ notes { text } }")
    assert answer.json["data"] is None
    assert ["notes"] in denied(answer)
    assert client.graph.fetched == []


@pytest.mark.parametrize("holds", [True, False])
async def test_policies_are_decided_by_the_embedding_program(holds: bool) -> None:
    client = Client(adult=holds)
    answer = await client.ask("{ me { name age } }", "")
    assert answer.json["data"]["me"] == ({"name": "Ada", "age": 36} if holds else None)
    assert client.never_fetched("age") is not holds


@pytest.mark.parametrize(
    ("scopes", "status", "code"), [(None, 401, "UNAUTHENTICATED"), ("email", 403, "FORBIDDEN")]
)
async def test_the_whole_request_may_be_refused_instead(scopes: str | None, status: int, code: str) -> None:
    client = Client({"on_unauthorized": "refuse"})
    answer = await client.ask("{ me { name email } }", scopes)
    assert (answer.status, answer.code) == (status, code)
    assert client.graph.fetched == []
    allowed = await client.ask("{ me { name email } }", "admin")
    assert allowed.json == {"data": {"me": {"name": "Ada", "email": "ada@b.test"}}}


async def test_two_people_of_one_operation_see_each_their_own() -> None:
    client = Client()
    query = "{ me { name email } }"
    answers = [await client.ask(query, scopes) for scopes in ("admin", None, "admin", "email")]
    assert [answer.json["data"]["me"]["email"] for answer in answers] == [
        "ada@b.test",
        None,
        "ada@b.test",
        None,
    ]
