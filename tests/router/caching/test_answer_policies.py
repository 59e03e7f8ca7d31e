"""`Cache-Control` of answers: by the schema, by subgraphs, and never where something speaks against it."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from marquee_router.engine import PreparedOperation
from marquee_router.request import GraphQLRequest, RequestContext
from tests.router.caching.films import FILMS, films
from tests.router.transport.driving import call, post

POLICIES = [
    ("{ films { id title } }", "max-age=30, public"),  # the field's hint goes before the type's
    ("{ top { title } }", "max-age=200, public"),
    ("{ top { price } }", "max-age=10, public"),
    ("{ film(id: 1) { title } }", "max-age=60, public"),  # by the type
    ("{ film(id: 1) { sequel { title } } }", "max-age=60, public"),
    ("{ top { studio { name } } }", "no-store"),  # nothing is said of an object
    ("{ studio { name } }", "no-store"),
    ("{ motto }", "no-store"),  # nothing is said of a root field
    ("{ word }", "max-age=90, public"),
    ("{ word motto }", "no-store"),
    ("{ word never }", "no-store"),
    ("{ word __typename }", "max-age=90, public"),
    ("{ chart { first { number } } }", "max-age=50, public"),  # inherited
    ("{ chart { second { number } } }", "no-store"),
    ("{ chart { first { film { title } } } }", "max-age=50, public"),
    ("{ mine { title } }", "max-age=40, private"),
    ("{ top { hint } }", "max-age=200, private"),
    ("{ found { ... on Film { title } } }", "max-age=70, private"),  # one of what may be found is private
    ("{ top { stars } }", "max-age=200, public"),  # of another subgraph
    ("{ top { votes } }", "max-age=5, public"),
    ("{ top { title price @skip(if: true) } }", "max-age=200, public"),
    ("query ($no: Boolean = true) { top { title price @skip(if: $no) } }", "max-age=10, public"),
    ("{ __schema { queryType { name } } }", "no-store"),
    ("mutation { rename }", "no-store"),
]


@pytest.mark.parametrize(("query", "expected"), POLICIES)
async def test_the_shortest_time_and_the_narrowest_scope_win(query: str, expected: str) -> None:
    answer = await post(films().app, query)
    assert "errors" not in answer.json
    assert answer.headers["cache-control"] == expected


async def test_get_says_the_same() -> None:
    answer = await call(films().app, "GET", query_string="query=" + quote("{ top { title } }"))
    assert answer.headers["cache-control"] == "max-age=200, public"
    assert answer.headers["vary"] == "accept, accept-encoding"


async def test_a_private_answer_varies_by_who_asks_and_any_by_the_headers_that_subgraphs_see() -> None:
    app = films({"headers": {"propagate": ["accept-language"]}}).app
    assert (await post(app, "{ mine { id } }")).headers["vary"] == (
        "accept, accept-encoding, accept-language, authorization"
    )
    assert (await post(app, "{ word }")).headers["vary"] == "accept, accept-encoding, accept-language"


async def test_what_only_some_may_see_is_never_kept_for_all() -> None:
    answer = await post(films().app, "{ word secret }")
    assert answer.json["errors"]
    assert answer.headers["cache-control"] == "no-store"


async def test_what_only_the_signed_in_may_see_is_private_to_them() -> None:
    prepared = await films().app.service.engine.prepare(GraphQLRequest("{ word secret }"), RequestContext({}))
    assert isinstance(prepared, PreparedOperation)
    assert prepared.headers["cache-control"] == "max-age=40, private"


async def test_errors_are_not_kept() -> None:
    graph = films()
    graph.subgraphs["stars"].world.down = True
    answer = await post(graph.app, "{ top { title stars } }")
    assert answer.json["errors"]
    assert answer.headers["cache-control"] == "no-store"
    assert (await post(graph.app, "{ nothing }")).headers["cache-control"] == "no-store"


async def test_the_default_is_the_operators() -> None:
    app = films({"cache_control": {"default_max_age_seconds": 15}}).app
    assert (await post(app, "{ studio { name } }")).headers["cache-control"] == "max-age=15, public"
    assert (await post(app, "{ never }")).headers["cache-control"] == "no-store"


async def test_the_directive_may_be_linked_under_another_name() -> None:
    renamed = (
        FILMS.replace('import: ["@cacheControl"]', 'import: [{name: "@cacheControl", as: "@keep"}]')
        .replace("@cacheControl(", "@keep(")
        .replace('name: "@cacheControl")', 'name: "@keep")')
    )
    stars = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])\n'
    app = films(
        films_sdl=renamed, stars_sdl=stars + 'type Film @key(fields: "id") { id: ID! stars: Int }'
    ).app
    assert (await post(app, "{ films { id } }")).headers["cache-control"] == "max-age=30, public"


SAID = [
    ("{ word }", {"films": "max-age=20"}, "max-age=20, public"),
    ("{ word }", {"films": "max-age=2000"}, "max-age=90, public"),
    ("{ word }", {"films": "private, max-age=20"}, "max-age=20, private"),
    ("{ word }", {"films": "no-store"}, "no-store"),
    ("{ word }", {"films": "s-maxage=7, max-age=20"}, "max-age=7, public"),
    ("{ word }", {"films": "max-age=soon"}, "max-age=90, public"),
    ("{ word }", {}, "max-age=90, public"),
    ("{ motto }", {"films": "max-age=20"}, "max-age=20, public"),
    ("{ motto }", {}, "no-store"),
    ("{ never }", {"films": "max-age=20"}, "no-store"),
    ("{ film(id: 1) { stars } motto }", {"films": "max-age=20"}, "no-store"),  # one subgraph is silent
    ("{ film(id: 1) { stars } motto }", {"films": "max-age=20", "stars": "max-age=9"}, "max-age=9, public"),
]


@pytest.mark.parametrize(("query", "headers", "expected"), SAID)
async def test_subgraphs_have_a_say_when_they_are_let(
    query: str, headers: dict[str, str], expected: str
) -> None:
    graph = films({"cache_control": {"from_subgraphs": True}})
    for name, value in headers.items():
        graph.subgraphs[name].headers["cache-control"] = value
    assert (await post(graph.app, query)).headers["cache-control"] == expected


async def test_subgraphs_have_no_say_otherwise() -> None:
    graph = films()
    graph.subgraphs["films"].headers["cache-control"] = "max-age=3"
    assert (await post(graph.app, "{ word }")).headers["cache-control"] == "max-age=90, public"
