"""The cache in Redis: shared by routers, forgotten by all, and done without while Redis is away."""

from __future__ import annotations

import pytest

from marquee_router.caching import redis_store
from tests.redis_servers import OwnRedis, own_redis, redis_prefix, redis_url
from tests.router.caching.films import Films, films
from tests.router.caching.test_cache import ask, calls

__all__ = ["own_redis", "redis_prefix", "redis_url"]


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine under load answers late; and no test waits for a rest to end."""
    monkeypatch.setattr(redis_store, "_TIMEOUT_SECONDS", 10.0)
    monkeypatch.setattr(redis_store, "_REST_SECONDS", 0.0)


def router(url: str, prefix: str) -> Films:
    return films({"cache": {"enabled": True, "redis_url": url, "redis_prefix": prefix}})


async def closed(*graphs: Films) -> None:
    for graph in graphs:
        assert graph.app.cache is not None
        await graph.app.cache.aclose()


async def test_what_one_router_was_told_no_other_asks_for(redis_url: str, redis_prefix: str) -> None:
    one, other = router(redis_url, redis_prefix), router(redis_url, redis_prefix)
    first = await ask(one, "{ films { title stars } }")
    assert await ask(other, "{ films { title stars } }", "ada") == first
    assert calls(other) == {"films": 0, "stars": 0}
    await closed(one, other)


async def test_a_change_told_to_one_router_is_seen_by_all(redis_url: str, redis_prefix: str) -> None:
    one, other = router(redis_url, redis_prefix), router(redis_url, redis_prefix)
    await ask(one, "{ films { id stars } }")
    other.films["2"]["stars"] = 99
    assert one.app.cache is not None
    await one.app.cache.invalidate("Film", {"id": "2"})
    answer = await ask(other, "{ films { id stars } }")
    assert answer["data"]["films"][1]["stars"] == 99
    assert other.subgraphs["stars"].asked == [["2"]]
    await closed(one, other)


async def test_entries_end_by_themselves(redis_url: str, redis_prefix: str) -> None:
    import redis

    one = router(redis_url, redis_prefix)
    await ask(one, "{ word }")
    with redis.Redis.from_url(redis_url) as client:
        lives = [client.ttl(key) for key in client.scan_iter(f"{redis_prefix}:*", count=1_000)]
    assert len(lives) == 1
    assert 0 < int(str(lives[0])) <= 90
    await closed(one)


async def test_without_redis_subgraphs_are_asked_and_changes_told_meanwhile_are_not_lost(
    own_redis: OwnRedis,
) -> None:
    graph = router(own_redis.url, "away")
    cache = graph.app.cache
    assert cache is not None
    await ask(graph, "{ word top { title } }")
    await ask(graph, "{ word top { title } }")
    assert calls(graph)["films"] == 1
    own_redis.pause()
    redis_store._TIMEOUT_SECONDS = 0.05  # type: ignore[misc]  # the fixture puts it back
    graph.films["1"]["title"] = "New"
    await cache.invalidate("Film", {"id": "1"})
    assert (await ask(graph, "{ word top { title } }"))["data"]["top"]["title"] == "New"
    assert calls(graph)["films"] == 2
    redis_store._TIMEOUT_SECONDS = 10.0  # type: ignore[misc]
    own_redis.resume()
    for _ in range(2):
        assert (await ask(graph, "{ word top { title } }"))["data"]["top"]["title"] == "New"
    assert calls(graph)["films"] == 3
    await closed(graph)


async def test_a_router_starts_and_answers_though_redis_was_never_there() -> None:
    graph = router("redis://127.0.0.1:1", "nowhere")
    for _ in range(2):
        assert (await ask(graph, "{ word }"))["data"] == {"word": "w"}
    assert calls(graph)["films"] == 2
    await closed(graph)
