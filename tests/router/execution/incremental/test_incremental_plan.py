"""Answers in parts: the first waits for nothing that is deferred, and together they are the whole answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import Any, cast

import orjson
import pytest
from graphql import parse

from marquee_router.engine import Engine, EngineOptions, SubgraphAccess
from marquee_router.errors import RequestError, ValidationFailed
from marquee_router.execution.incremental.formats import IncrementalFormat
from marquee_router.execution.subgraph import SubgraphReply
from marquee_router.planning.planner import Planner
from marquee_router.planning.print_plan import print_plan
from marquee_router.request import GraphQLRequest, RequestContext, Response
from tests.router.execution.world_transport import Federation, WorldTransport

LINK = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.7"
  import: ["@key", "@external", "@requires", "@shareable"])
"""
FILMS = (
    LINK
    + """
type Query { film: Film films: [Film!]! media: [Media!]! version: String! gone: Film }
type Mutation { rename: Film }
type Subscription { film: Film }
interface Media { title: String! }
type Film implements Media @key(fields: "id") {
  id: ID! title: String! synopsis: String must: String! director: Person studio: Studio
}
type Short implements Media { title: String! minutes: Int }
type Person @key(fields: "name") { name: String! }
type Studio { name: String! city: String }
"""
)
REVIEWS = (
    LINK
    + """
type Query { best: String }
type Film @key(fields: "id") { id: ID! stars: Int reviews: [Review!]! strict: Int! }
type Review { body: String! author: Person }
type Person @key(fields: "name") { name: String! }
"""
)
PEOPLE = (
    LINK
    + 'type Person @key(fields: "name") { name: String! born: Int films: [Film] } '
    + ('type Film @key(fields: "id") { id: ID! }')
)


def film(number: int, **more: Any) -> dict[str, Any]:
    return {
        "__typename": "Film",
        "__interfaces": ("Media",),
        "id": str(number),
        "title": f"Film {number}",
        "synopsis": f"All about {number}",
        "must": "must",
        "stars": number,
        "strict": number,
        "director": ADA,
        "studio": {"__typename": "Studio", "name": "S", "city": "C"},
        "reviews": [{"__typename": "Review", "body": f"r{number}{n}", "author": ADA} for n in (1, 2)],
        **more,
    }


ADA: dict[str, Any] = {"__typename": "Person", "name": "Ada", "born": 1815}


class GatedTransport(WorldTransport):
    """Answers when its gate is open."""

    def __init__(self, inner: WorldTransport) -> None:
        super().__init__(inner.subgraph)
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked = asyncio.Event()
        self.bodies: list[bytes] = []

    async def fetch(
        self, body: bytes, headers: Mapping[str, str], timeout_seconds: float, *, idempotent: bool = False
    ) -> SubgraphReply:
        self.bodies.append(body)
        self.asked.set()
        await self.gate.wait()
        return await super().fetch(body, headers, timeout_seconds, idempotent=idempotent)


class World(Federation):
    """The federation, each of its subgraphs behind a gate."""

    def __init__(self, films: list[dict[str, Any]] | None = None, **root: Any) -> None:
        films = [film(1), film(2)] if films is None else films
        root = {
            "film": films[0],
            "films": films,
            "media": [
                films[0],
                {"__typename": "Short", "__interfaces": ("Media",), "title": "S", "minutes": 3},
            ],
            "version": "1",
            "best": "best",
            "rename": films[0],
            "gone": None,
            **root,
        }
        super().__init__({"films": FILMS, "reviews": REVIEWS, "people": PEOPLE}, root, [*films, ADA])
        self.gated = {name: GatedTransport(transport) for name, transport in self.transports.items()}
        self.transports = cast("dict[str, WorldTransport]", self.gated)
        self.renew()

    async def parts(
        self,
        query: str,
        variables: dict[str, Any] | None = None,
        format_: IncrementalFormat = IncrementalFormat.APOLLO,
    ) -> AsyncGenerator[dict[str, Any], None]:
        request = GraphQLRequest(query, variables=variables or {})
        context = RequestContext(headers={})
        prepared = await self.engine.prepare(request, context)
        assert prepared.incremental is not None
        stream = self.engine.execute_in_parts(prepared, request, context, format_)
        try:
            async for response in stream:
                part = orjson.loads(response.body)
                assert part.get("hasNext", False) is response.has_next
                yield part
        finally:
            await cast("AsyncGenerator[Response, None]", stream).aclose()

    async def all_parts(
        self,
        query: str,
        variables: dict[str, Any] | None = None,
        format_: IncrementalFormat = IncrementalFormat.APOLLO,
    ) -> list[dict[str, Any]]:
        return [part async for part in self.parts(query, variables, format_)]


def merged(parts: list[dict[str, Any]]) -> Any:
    """The data as a client puts them together."""
    data = parts[0]["data"]
    places = {p["id"]: p["path"] for part in parts for p in part.get("pending", ())}
    for part in parts[1:]:
        for entry in part.get("incremental", ()):
            target = data
            for key in entry.get("path", places.get(entry.get("id"), ())):
                target = target[key]
            if entry["data"] is not None:
                put(target, entry["data"])
    return data


def put(target: Any, new: Any) -> None:
    for key, value in new.items() if isinstance(new, dict) else enumerate(new):
        if isinstance(value, dict | list) and (key in target if isinstance(target, dict) else True):
            old = target[key]
            if isinstance(old, dict | list):
                put(old, value)
                continue
        target[key] = value


SAME = [
    "{ film { title ... @defer { stars } } }",
    "{ film { title ... @defer { title synopsis } } }",
    '{ films { title ... @defer(label: "l") { stars reviews { body ... @defer { author { born } } } } } }',
    "{ version ... @defer { best film { stars } } }",
    "{ film { ... @defer { stars ... @defer { reviews { body } } } } }",
    "{ film { ...A @defer ...B @defer } } fragment A on Film { stars director { name } }"
    " fragment B on Film { stars director { born } }",
    "{ media { title ... on Film @defer { id stars } ... on Short @defer { minutes } } }",
    "{ film { studio { name ... @defer { city } } } }",
    "{ film { id ... @defer { id title } } }",
    "{ film { title } ... @defer { film { title stars studio { city } } } }",
    "{ gone { ... @defer { stars } } version }",
    "{ ...F ...F @defer } fragment F on Query { film { title } }",
    "{ film { __typename ... @defer { __typename stars } } ... @defer { __typename } }",
    "{ film { title ... @defer { director { films { stars } } } } }",
    "query($no: Boolean = false) { film { title ... @defer { stars @include(if: $no) synopsis } } }",
    "query($no: Boolean = false) { film { title ... @defer @include(if: $no) { stars } } version }",
    "{ film { ... on Film @defer(if: false) { stars } } ... @defer { version } }",
]


@pytest.mark.parametrize("query", SAME)
@pytest.mark.parametrize("format_", list(IncrementalFormat))
async def test_the_parts_together_are_the_whole_answer(query: str, format_: IncrementalFormat) -> None:
    world = World()
    whole = await world.ask(query)
    assert "errors" not in whole
    parts = await world.all_parts(query, format_=format_)
    assert not any("errors" in entry for part in parts for entry in (part, *part.get("incremental", ())))
    assert merged(parts) == whole["data"]
    if len(parts) > 1:
        assert [part["hasNext"] for part in parts] == [True] * (len(parts) - 1) + [False]


async def test_the_first_part_does_not_wait_for_what_is_deferred() -> None:
    world = World()
    world.gated["reviews"].gate.clear()
    stream = world.parts('{ film { title ... @defer(label: "stars") { stars } } }')
    assert await anext(stream) == {"data": {"film": {"title": "Film 1"}}, "hasNext": True}
    world.gated["reviews"].gate.set()
    assert await anext(stream) == {
        "incremental": [{"data": {"stars": 1}, "path": ["film"], "label": "stars"}],
        "hasNext": False,
    }
    await stream.aclose()


async def test_fields_of_the_same_subgraph_are_asked_for_again() -> None:
    world = World()
    stream = world.parts("{ films { title ... @defer { synopsis } } }")
    films = world.gated["films"]
    world.gated["films"].gate.clear()
    first = asyncio.ensure_future(anext(stream))
    await films.asked.wait()
    films.gate.set()
    assert (await first)["data"] == {"films": [{"title": "Film 1"}, {"title": "Film 2"}]}
    assert b"synopsis" not in films.bodies[0]
    rest = await anext(stream)
    assert [entry["path"] for entry in rest["incremental"]] == [["films", 0], ["films", 1]]
    assert b"synopsis" in films.bodies[1]
    await stream.aclose()


async def test_each_fragment_comes_when_its_own_data_are_in() -> None:
    world = World()
    world.gated["reviews"].gate.clear()
    slow, fast_ = '@defer(label: "slow") { stars }', '@defer(label: "fast") { director { born } }'
    query = f"{{ film {{ title ... {slow} ... {fast_} }} }}"
    stream = world.parts(query)
    await anext(stream)
    fast = await anext(stream)
    assert [entry["label"] for entry in fast["incremental"]] == ["fast"]
    assert fast["hasNext"] is True
    world.gated["reviews"].gate.set()
    assert [entry["label"] for entry in (await anext(stream))["incremental"]] == ["slow"]
    await stream.aclose()


async def test_what_needs_nothing_of_the_first_part_is_fetched_at_the_same_time() -> None:
    world = World()
    world.gated["films"].gate.clear()
    stream = world.parts("{ version ... @defer { best } }")
    first = asyncio.ensure_future(anext(stream))
    await world.gated["reviews"].asked.wait()
    assert not first.done()
    world.gated["films"].gate.set()
    await first
    await stream.aclose()


async def test_a_fragment_within_a_deferred_one_comes_after_it() -> None:
    world = World()
    labels = [
        entry["label"]
        for part in await world.all_parts(
            '{ film { ... @defer(label: "outer") { stars ... @defer(label: "inner") { synopsis } } } }'
        )
        for entry in part.get("incremental", ())
    ]
    assert labels == ["outer", "inner"]


@pytest.mark.parametrize(("now", "count"), [(True, 1), (False, 2)])
async def test_if_decides_per_request(now: bool, count: int) -> None:
    world = World()
    query = "query($later: Boolean!) { film { title ... @defer(if: $later) { stars } } }"
    parts = await world.all_parts(query, {"later": not now})
    assert len(parts) == count
    assert merged(parts) == {"film": {"title": "Film 1", "stars": 1}}
    if now:
        assert "hasNext" not in parts[0]


async def test_a_null_if_defers() -> None:
    parts = await World().all_parts(
        "query($later: Boolean! = true) { film { title ... @defer(if: $later) { stars } } }"
    )
    assert len(parts) == 2


async def test_a_subgraph_that_is_down_is_told_with_its_part() -> None:
    world = World()
    world.gated["reviews"].down = True
    first, later = await world.all_parts("{ films { title ... @defer { stars } } }")
    assert "errors" not in first
    entries = later["incremental"]
    assert [entry["data"] for entry in entries] == [{"stars": None}, {"stars": None}]
    errors = [error for entry in entries for error in entry.get("errors", ())]
    assert [error["extensions"]["code"] for error in errors] == ["SUBGRAPH_UNAVAILABLE"]


async def test_an_error_of_one_object_stands_at_that_object() -> None:
    world = World([film(1), film(2, stars="many")])
    _, later = await world.all_parts("{ films { title ... @defer { stars } } }")
    good, bad = later["incremental"]
    assert "errors" not in good
    assert bad["path"] == ["films", 1]
    assert bad["errors"][0]["path"] == ["films", 1, "stars"]


async def test_an_error_of_a_deferred_field_that_is_read_at_once_comes_with_its_part() -> None:
    studio = {"__typename": "Studio", "name": "S", "city": [1]}
    world = World([film(1, studio=studio)])
    first, later = await world.all_parts("{ film { studio { name ... @defer { city } } } }")
    assert "errors" not in first
    (entry,) = later["incremental"]
    assert entry["data"] == {"city": None}
    assert entry["errors"][0]["path"] == ["film", "studio", "city"]


@pytest.mark.parametrize("format_", list(IncrementalFormat))
async def test_a_null_that_may_not_be_ends_at_the_fragment(format_: IncrementalFormat) -> None:
    world = World([film(1, strict=None)])
    first, later = await world.all_parts("{ film { title ... @defer { strict } } }", format_=format_)
    assert first["data"] == {"film": {"title": "Film 1"}}
    if format_ is IncrementalFormat.APOLLO:
        (entry,) = later["incremental"]
        assert entry["data"] is None
    else:
        assert "incremental" not in later
        (entry,) = later["completed"]
    assert entry["errors"][0]["path"][:1] == ["film"]


async def test_nothing_follows_an_object_that_became_null() -> None:
    world = World([film(1, must=None)])
    (only,) = await world.all_parts("{ film { must ... @defer { stars } } }")
    assert only["data"] == {"film": None}
    assert "hasNext" not in only


async def test_the_draft_announces_and_completes() -> None:
    world = World()
    query = '{ film { title ... @defer(label: "a") { stars ... @defer { synopsis } } } }'
    first, *rest = await world.all_parts(query, format_=IncrementalFormat.DRAFT)
    assert first["pending"] == [{"id": "0", "path": ["film"], "label": "a"}]
    assert rest == [
        {
            "pending": [{"id": "1", "path": ["film"]}],
            "incremental": [{"id": "0", "data": {"stars": 1}}],
            "completed": [{"id": "0"}],
            "hasNext": True,
        },
        {
            "incremental": [{"id": "1", "data": {"synopsis": "All about 1"}}],
            "completed": [{"id": "1"}],
            "hasNext": False,
        },
    ]


async def test_a_mutation_may_defer_below_its_root() -> None:
    world = World()
    first, later = await world.all_parts("mutation { rename { title ... @defer { stars synopsis } } }")
    assert first["data"] == {"rename": {"title": "Film 1"}}
    assert later["incremental"][0]["data"] == {"stars": 1, "synopsis": "All about 1"}
    sent = [orjson.loads(body)["query"] for body in world.gated["films"].bodies]
    assert [query.startswith("mutation") for query in sent] == [True, False]


async def test_whoever_leaves_stops_what_runs() -> None:
    world = World()
    world.gated["reviews"].gate.clear()
    stream = world.parts("{ film { title ... @defer { stars } } }")
    await anext(stream)
    before = asyncio.all_tasks()
    await stream.aclose()
    assert asyncio.all_tasks() < before


@pytest.mark.parametrize(
    "query",
    [
        "mutation { ... @defer { rename { title } } }",
        "subscription { ... @defer { film { title } } }",
        '{ film { ... @defer(label: "a") { title } ... @defer(label: "a") { stars } } }',
        "query($l: String) { film { ... @defer(label: $l) { title } } }",
        "{ film @defer { title } }",
    ],
)
async def test_what_the_rules_forbid_is_refused(query: str) -> None:
    with pytest.raises(ValidationFailed):
        await World().engine.prepare(GraphQLRequest(query), RequestContext(headers={}))


async def test_the_directive_is_in_the_schema_only_when_it_is_enabled() -> None:
    world = World()
    names = [each["name"] for each in (await world.ask(DIRECTIVES))["data"]["__schema"]["directives"]]
    assert "defer" in names
    engine = Engine(world.supergraph, SubgraphAccess.of(world.transports), options=EngineOptions(defer=False))
    world.engine = engine
    names = [each["name"] for each in (await world.ask(DIRECTIVES))["data"]["__schema"]["directives"]]
    assert "defer" not in names
    with pytest.raises(RequestError):
        await world.ask(SAME[0])


DIRECTIVES = "{ __schema { directives { name } } }"


async def test_introspection_may_stand_in_a_deferred_fragment() -> None:
    world = World()
    query = "{ version ... @defer { __schema { queryType { name ... @defer { kind } } } } }"
    parts = await world.all_parts(query)
    assert merged(parts)["__schema"] == {"queryType": {"name": "Query", "kind": "OBJECT"}}


def test_the_plan_tells_at_once_from_later() -> None:
    world = World()
    document = parse('{ film { title ... @defer(label: "a") { stars } ... @defer { director { name } } } }')
    assert print_plan(Planner(world.supergraph).plan(document)) == PLAN


PLAN = """\
QueryPlan {
  Primary {
    Fetch films {
      {
        film {
          __typename
          title
          id
        }
      }
    }
  }
  Deferred "a" after Primary {
    Entities reviews {
      $representations: film => { __typename, id }
      query ($representations: [_Any!]!) {
        _entities(representations: $representations) {
          ... on Film {
            stars
          }
        }
      }
    }
  }
  Deferred @1 after Primary {
    Entities films {
      $representations: film => { __typename, id }
      query ($representations: [_Any!]!) {
        _entities(representations: $representations) {
          ... on Film {
            director {
              name
            }
          }
        }
      }
    }
  }
}"""
