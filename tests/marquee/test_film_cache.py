"""What is public of films is kept by the router of a running cinema, and forgotten when a film changes."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest
from pydantic import SecretStr

from marquee.cinema import Cinema, open_cinema
from marquee.film_cache import film_cache
from marquee_router.execution.in_process import InProcessTransport
from marquee_router.execution.subgraph import SubgraphReply
from marquee_subgraphs.kit.events.embedded import EmbeddedBroker
from marquee_subgraphs.kit.events.service import all_settled
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.settings import load_settings
from marquee_subgraphs.movies.domain import MovieFacts

STAFF = Viewer(user_id="usr_1", roles=frozenset({"admin"}), scopes=frozenset({"movies:write"}))
FILM = MovieFacts(
    title="Metropolis",
    original_title="Metropolis",
    synopsis="A city above, and one below.",
    runtime_minutes=153,
    genres=("Science fiction",),
    certificate="ALL",
    release_date=date(1927, 1, 10),
    language="de",
    directors=("Fritz Lang",),
    cast=(),
    poster_url="/posters/metropolis.svg",
    translations=(),
)
MOVIE = "query ($id: ID!) { movie(id: $id) { id title runtimeMinutes translations { title } } }"


async def ask(cinema: Cinema, query: str, **variables: Any) -> SubgraphReply:
    body = orjson.dumps({"query": query, "variables": variables})
    return await InProcessTransport(cinema.app).fetch(body, {}, 30.0)


def title(reply: SubgraphReply) -> str:
    answer = orjson.loads(reply.body)
    assert "errors" not in answer, answer
    return str(answer["data"]["movie"]["title"])


async def test_a_film_is_kept_for_all_until_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: Counter[str] = Counter()
    fetch = InProcessTransport.fetch

    async def counted(self: InProcessTransport, *arguments: Any, **options: Any) -> SubgraphReply:
        calls["all"] += 1
        return await fetch(self, *arguments, **options)

    async with open_cinema(load_settings({}, data_dir=tmp_path)) as cinema:
        service = cinema.service("movies")
        film = await service.create(STAFF, FILM)
        broker = cinema.runtime.broker
        events = cinema.subgraphs["movies"].events
        assert isinstance(broker, EmbeddedBroker)
        assert events is not None
        await all_settled(broker, events)

        monkeypatch.setattr(InProcessTransport, "fetch", counted)
        first = await ask(cinema, MOVIE, id=film.id)
        assert title(first) == "Metropolis"
        assert first.headers["cache-control"] == "max-age=60, public"
        assert calls.pop("all") == 2  # this test's own, and one to the subgraph
        assert title(await ask(cinema, MOVIE, id=film.id)) == "Metropolis"
        assert calls.pop("all") == 1

        changed = await service.update(
            STAFF, movie_id=film.id, expected_version=None, changes={"title": "Metropolis, restored"}
        )
        assert changed.version > film.version
        await all_settled(broker, events)
        assert title(await ask(cinema, MOVIE, id=film.id)) == "Metropolis, restored"


async def test_what_is_ones_own_is_not_kept(tmp_path: Path) -> None:
    async with open_cinema(load_settings({}, data_dir=tmp_path)) as cinema:
        for query in ("{ me { id name } }", "{ genres me { id } }"):
            assert (await ask(cinema, query)).headers["cache-control"] == "no-store"
        for query in ("{ genres }", '{ cinema(id: "cin_1") { name seatCount } }'):
            assert (await ask(cinema, query)).headers["cache-control"] == "max-age=60, public"
        unsaid = '{ cinema(id: "cin_1") { name showtimes { nodes { id } } } }'
        assert (await ask(cinema, unsaid)).headers["cache-control"] == "no-store"


def test_only_films_are_kept_and_only_where_their_events_are_heard(tmp_path: Path) -> None:
    settings = load_settings({}, data_dir=tmp_path)
    cache = film_cache(settings)
    assert cache.enabled
    assert [name for name, rule in cache.subgraphs.items() if rule.enabled] == ["movies"]
    assert not film_cache(settings.model_copy(update={"amqp_url": SecretStr("amqp://a")})).enabled
