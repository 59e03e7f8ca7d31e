"""What subgraphs said is kept: as long as may be, for whom it may be, and never after it changed."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from marquee_router.caching.store import MemoryStore
from marquee_router.execution.subgraph import SubgraphReply
from marquee_router.request import GraphQLRequest, Identity, RequestContext
from tests.router.caching.films import Films, films
from tests.router.transport.driving import call, post

TOKEN = "a-token-of-sixteen"
ON = {"cache": {"enabled": True, "invalidation_token": TOKEN}}


def identity(subject: str) -> Identity:
    return Identity(subject, "issuer", frozenset(), frozenset(), f"token of {subject}", expires_at=2e9)


async def ask(graph: Films, query: str, who: str | None = None, **variables: Any) -> Any:
    """The answer to a user, or a guest."""
    context = RequestContext({}, None if who is None else identity(who))
    request = GraphQLRequest(query, variables=variables)
    engine: Any = graph.app.service.engine
    response = await engine.execute(await engine.prepare(request, context), request, context)
    return json.loads(response.body)


def calls(graph: Films) -> dict[str, int]:
    return {name: len(subgraph.requests) for name, subgraph in graph.subgraphs.items()}


async def test_nothing_is_kept_unless_it_is_switched_on() -> None:
    graph = films()
    for _ in range(2):
        await ask(graph, "{ films { stars } }")
    assert calls(graph) == {"films": 2, "stars": 2}
    assert graph.app.cache is None


async def test_root_fields_and_entities_are_asked_for_once() -> None:
    graph = films(ON)
    first = await ask(graph, "{ films { title stars } }")
    assert first["data"]["films"][1] == {"title": "Film 2", "stars": 2}
    assert await ask(graph, "{ films { title stars } }") == first
    assert calls(graph) == {"films": 1, "stars": 1}


async def test_of_entities_only_the_missing_are_asked_for_and_all_come_in_order() -> None:
    graph = films(ON)
    await ask(graph, "{ film(id: 1) { stars } }")
    await ask(graph, "query Other { others: mine { stars } }", "ada")
    answer = await ask(graph, "{ films { id stars } }")
    assert [each["stars"] for each in answer["data"]["films"]] == [1, 2, 3, 4, 5]
    assert graph.subgraphs["stars"].asked == [["1"], ["2"], ["3", "4", "5"]]


async def test_arguments_are_part_of_what_is_asked_for() -> None:
    graph = films(ON)
    query = "query ($id: ID!) { film(id: $id) { title } }"
    for id_ in ("1", "2", "1"):
        await ask(graph, query, id=id_)
    assert calls(graph)["films"] == 2


@pytest.mark.parametrize("query", ["{ motto }", "{ never }", "{ films { studio { name } } }"])
async def test_what_nothing_allows_is_not_kept(query: str) -> None:
    graph = films(ON)
    for _ in range(2):
        await ask(graph, query)
    assert calls(graph)["films"] == 2


async def test_what_is_private_is_kept_for_each_user_and_not_for_guests() -> None:
    graph = films(ON)
    for who in ("ada", "ada", "bob", "bob", None, None):
        await ask(graph, "{ mine { title } }", who)
    assert calls(graph)["films"] == 4


async def test_what_is_public_is_shared_by_users_and_guests() -> None:
    graph = films(ON)
    for who in ("ada", "bob", None):
        await ask(graph, "{ word }", who)
    assert calls(graph)["films"] == 1


async def test_the_time_of_the_settings_is_for_each_user_apart() -> None:
    graph = films({"cache": {"enabled": True, "subgraphs": {"films": {"ttl_seconds": 60}}}})
    for who in ("ada", "bob", None, "ada", "bob", None):
        await ask(graph, "{ motto }", who)
    assert calls(graph)["films"] == 3


async def test_a_subgraph_may_be_left_out() -> None:
    graph = films({"cache": {"enabled": True, "subgraphs": {"stars": {"enabled": False}}}})
    for _ in range(2):
        await ask(graph, "{ films { stars } }")
    assert calls(graph) == {"films": 1, "stars": 2}


async def test_a_subgraph_says_by_header_that_a_reply_is_not_to_be_kept_or_is_private() -> None:
    graph = films(ON)
    graph.subgraphs["films"].headers["cache-control"] = "no-store"
    for _ in range(2):
        await ask(graph, "{ word }")
    assert calls(graph)["films"] == 2
    graph.subgraphs["films"].headers["cache-control"] = "private, max-age=60"
    for who in ("ada", "bob", "bob", "ada"):
        await ask(graph, "{ word }", who)
    assert calls(graph)["films"] <= 5  # the first told it; from then on one each


async def test_a_subgraph_says_by_header_what_the_schema_does_not() -> None:
    graph = films(ON)
    graph.subgraphs["films"].headers["cache-control"] = "max-age=60"
    for _ in range(4):
        await ask(graph, "{ motto }")
    assert calls(graph)["films"] == 2  # the first told that it can be kept


async def test_it_is_gone_after_its_time() -> None:
    graph, now = films(ON), [0.0]
    assert graph.app.cache is not None
    store = graph.app.cache.store
    assert isinstance(store, MemoryStore)
    store._now = lambda: now[0]
    await ask(graph, "{ word }")
    now[0] = 89.0
    await ask(graph, "{ word }")
    assert calls(graph)["films"] == 1
    now[0] = 90.0
    await ask(graph, "{ word }")
    assert calls(graph)["films"] == 2


async def test_errors_are_not_kept_nor_what_comes_with_them() -> None:
    graph = films(ON)
    await ask(graph, "{ film(id: 1) { stars } }")
    graph.subgraphs["stars"].world.down = True
    answer = await ask(graph, "{ films { id stars } }")
    assert answer["errors"]
    graph.subgraphs["stars"].world.down = False
    answer = await ask(graph, "{ films { id stars } }")
    assert [each["stars"] for each in answer["data"]["films"]] == [1, 2, 3, 4, 5]


async def test_entities_that_are_not_there_are_asked_for_again() -> None:
    graph = films(ON)
    stars = graph.subgraphs["stars"]
    fetch = stars.world.fetch

    async def nothing(*arguments: Any, **options: Any) -> SubgraphReply:
        return (await fetch(*arguments, **options))._replace(body=b'{"data":{"_entities":[null]}}')

    stars.world.fetch = nothing  # type: ignore[method-assign]
    assert (await ask(graph, "{ film(id: 1) { stars } }"))["data"]["film"]["stars"] is None
    stars.world.fetch = fetch  # type: ignore[method-assign]
    assert (await ask(graph, "{ film(id: 1) { stars } }"))["data"]["film"]["stars"] == 1


async def test_who_asks_at_the_same_time_shares_one_call() -> None:
    graph = films(ON)
    answers = await asyncio.gather(*(ask(graph, "{ films { stars } }", who) for who in ("ada", "bob", None)))
    assert calls(graph) == {"films": 1, "stars": 1}
    assert answers[0] == answers[1] == answers[2]
    assert len(answers[0]["data"]["films"]) == 5


async def test_an_entity_that_changed_is_asked_for_again_and_only_that() -> None:
    graph = films(ON)
    assert graph.app.cache is not None
    await ask(graph, "{ films { id stars } }")
    graph.films["2"]["stars"] = 99
    await graph.app.cache.invalidate("Film", {"id": "2"})
    answer = await ask(graph, "{ films { id stars } }")
    assert answer["data"]["films"][1]["stars"] == 99
    assert graph.subgraphs["stars"].asked == [["1", "2", "3", "4", "5"], ["2"]]
    assert calls(graph)["films"] == 2  # the list has that film in it


async def test_a_whole_type_and_a_whole_subgraph_can_be_forgotten() -> None:
    graph = films(ON)
    cache = graph.app.cache
    assert cache is not None
    await ask(graph, "{ films { id stars } word }")
    await cache.invalidate("Film")
    await ask(graph, "{ films { id stars } word }")
    assert calls(graph) == {"films": 2, "stars": 2}
    await cache.invalidate_subgraph("stars")
    await ask(graph, "{ films { id stars } word }")
    assert calls(graph) == {"films": 2, "stars": 3}


async def test_what_was_asked_for_before_a_change_is_not_kept_after_it() -> None:
    graph = films(ON)
    cache, subgraph = graph.app.cache, graph.subgraphs["films"]
    assert cache is not None
    asked, answer = asyncio.Event(), asyncio.Event()
    fetch = subgraph.world.fetch

    async def slow(*arguments: Any, **options: Any) -> Any:
        reply = await fetch(*arguments, **options)
        asked.set()
        await answer.wait()
        return reply

    subgraph.world.fetch = slow  # type: ignore[method-assign]
    early = asyncio.create_task(ask(graph, "{ top { title } }"))
    await asked.wait()
    graph.films["1"]["title"] = "New"
    await cache.invalidate("Film", {"id": "1"})
    late = asyncio.create_task(ask(graph, "{ top { title } }", "ada"))
    answer.set()
    assert (await early)["data"]["top"]["title"] == "Film 1"
    await late
    assert (await ask(graph, "{ top { title } }"))["data"]["top"]["title"] == "New"


async def test_a_mutation_makes_its_subgraph_be_asked_again() -> None:
    graph = films(ON)
    await ask(graph, "{ word films { stars } }")
    await ask(graph, "mutation { rename }")
    await ask(graph, "{ word films { stars } }")
    assert calls(graph) == {"films": 3, "stars": 1}


async def told(graph: Films, changes: Any, token: str = TOKEN) -> int:
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    body = changes if isinstance(changes, bytes) else json.dumps(changes).encode()
    return (await call(graph.app, path="/cache/invalidations", headers=headers, body=body)).status


async def test_changes_are_told_by_http_with_the_token() -> None:
    graph = films(ON)
    await post(graph.app, "{ word }")
    assert await told(graph, [{"subgraph": "films"}], token="another-token-of-that") == 401
    await post(graph.app, "{ word }")
    assert calls(graph)["films"] == 1
    assert await told(graph, [{"subgraph": "films"}, {"type": "Film", "key": {"id": 1}}]) == 204
    await post(graph.app, "{ word }")
    assert calls(graph)["films"] == 2


@pytest.mark.parametrize(
    "changes", [b"", b"{", {"type": "Film"}, [{"type": "Film", "key": {}}], [{"k": 1}], [3]]
)
async def test_what_is_no_list_of_changes_is_refused(changes: Any) -> None:
    assert await told(films(ON), changes) == 400


async def test_without_a_token_there_is_no_such_path() -> None:
    assert await told(films({"cache": {"enabled": True}}), []) == 404


async def test_hits_and_misses_are_counted() -> None:
    graph = films(ON)
    for _ in range(2):
        await post(graph.app, "{ films { stars } }")
    text = (await call(graph.app, "GET", "/metrics")).body.decode()
    assert "router_cache_hits 6.0" in text
    assert "router_cache_misses 6.0" in text


async def test_memory_is_bounded() -> None:
    graph = films({"cache": {"enabled": True, "max_bytes": 1500}})
    assert graph.app.cache is not None
    for number in range(20):
        await ask(graph, "query ($id: ID!) { film(id: $id) { title } }", id=str(number))
    store = graph.app.cache.store
    assert isinstance(store, MemoryStore)
    assert 0 < store.bytes <= 1500


async def test_answers_from_the_cache_do_not_outlive_it_at_the_client() -> None:
    graph = films({**ON, "cache_control": {"from_subgraphs": True}})
    graph.subgraphs["films"].headers["cache-control"] = "max-age=20"
    for _ in range(2):
        answer = await post(graph.app, "{ word }")
        assert answer.headers["cache-control"] in (
            "max-age=20, public",
            "max-age=19, public",
            "max-age=18, public",
        )
    assert calls(graph)["films"] == 1
