"""While MongoDB cannot be reached, films are written all the same, and searches say why they fail."""

from __future__ import annotations

from dataclasses import replace

from marquee_subgraphs.kit.identity import ANONYMOUS
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.kit.settings import load_settings
from marquee_subgraphs.movies.app import build
from tests.subgraphs.door import Door, IdentitySigner
from tests.subgraphs.mongo import free_port
from tests.subgraphs.movies.films import MANAGER, UPDATE, add


async def test_writes_stand_and_searches_are_refused_for_the_moment(
    runtime: Runtime, signer: IdentitySigner
) -> None:
    port = free_port()
    settings = load_settings(
        {"MARQUEE_MONGO_URL": f"mongodb://127.0.0.1:{port}"}, data_dir=runtime.settings.data_dir
    )
    movies = build(replace(runtime, settings=settings))
    await movies.start()
    try:
        door = Door(movies, signer.of(movies.name))
        movie_id = (await add(door))["movie"]["id"]
        change = {"movieId": movie_id, "expectedVersion": 1, "title": "Nosferatu!"}
        changed = (await door.ask(UPDATE, {"input": change}, viewer=MANAGER)).only()
        assert (changed["movie"]["version"], changed["errors"]) == (2, [])
        one = await door.ask("query ($id: ID!) { movie(id: $id) { title } }", {"id": movie_id}, ANONYMOUS)
        assert one.only() == {"title": "Nosferatu!"}

        search = await door.ask('{ movies(filter: { text: "nosferatu" }) { nodes { title } } }')
        assert search.codes == ["TEMPORARILY_UNAVAILABLE"]
        assert str(port) not in str(search)
        assert (await movies.readiness())["documents"] != "ok"
    finally:
        await movies.stop()
