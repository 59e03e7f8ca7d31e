"""A subgraph that is down takes its own fields from the page's screens, and nothing else.

The queries are the page's own, read from its sources. An error's path is the entity whose fields could not be
asked for.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import orjson
import pytest
import pytest_asyncio

from marquee.cinema import Cinema, open_cinema
from marquee.demo.data import DEMO_PASSWORD, DemoData
from marquee_router.errors import SubgraphUnavailable
from marquee_router.execution.in_process import InProcessTransport
from marquee_router.execution.subgraph import SubgraphReply
from marquee_subgraphs.kit.settings import load_settings

VIEWS = Path(__file__).parents[2] / "web" / "app" / "src" / "views"
LOGIN = 'mutation { login(input: {email: "customer@marquee.test", password: "%s"}) { accessToken } }'
REVIEW = (
    "mutation ($input: CreateReviewInput!) { createReview(input: $input) { review { id } errors { code } } }"
)
HOLD = "mutation ($input: HoldSeatsInput!) { holdSeats(input: $input) { hold { token } errors { code } } }"
ORDER = "mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { id } errors { code } } }"
PLACES = "query { cinemas(first: 1) { nodes { id timeZone } } }"
FIGURES = """query Figures($id: ID!) { movie(id: $id) { id title metrics { views }
  showtimes(first: 3) { nodes { id startsAt occupancy { ratio } bestAvailable(count: 2) { id } } } } }"""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def cinema(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cinema]:
    async with open_cinema(load_settings({}, data_dir=tmp_path_factory.mktemp("screens"))) as opened:
        await DemoData(opened).prepare()
        yield opened


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def token(cinema: Cinema) -> str:
    """A customer's, who has an order and wrote a review."""
    token = str((await ask(cinema, LOGIN % DEMO_PASSWORD))["data"]["login"]["accessToken"])
    movie_id = await film_on(cinema)
    review = {"movieId": movie_id, "rating": 4, "title": "Silent", "body": "And loud."}
    await do(cinema, REVIEW, token, review)
    showtime = (await ask(cinema, FIGURES, id=movie_id))["data"]["movie"]["showtimes"]["nodes"][0]
    seat_ids = [seat["id"] for seat in showtime["bestAvailable"]]
    held = await do(cinema, HOLD, token, {"showtimeId": showtime["id"], "seatIds": seat_ids})
    await do(cinema, ORDER, token, {"holdToken": held["hold"]["token"], "idempotencyKey": str(uuid4())})
    return token


@pytest.fixture
def down(cinema: Cinema, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The names of the subgraphs that cannot be reached; a test adds to it."""
    names: set[str] = set()
    fetch = InProcessTransport.fetch

    async def fetch_from_the_living(
        self: InProcessTransport, body: bytes, headers: Any, timeout_seconds: float, **options: Any
    ) -> SubgraphReply:
        if any(self._app is cinema.subgraphs[name].asgi for name in names):
            raise SubgraphUnavailable("down")
        return await fetch(self, body, headers, timeout_seconds, **options)

    monkeypatch.setattr(InProcessTransport, "fetch", fetch_from_the_living)
    return names


def page_query(view: str, name: str) -> str:
    """The operation `name` of a view of the page."""
    text = (VIEWS / f"{view}.tsx").read_text()
    found = re.search(rf"`(query {name}\b.*?)`", text, re.DOTALL)
    assert found is not None, f"{view} has no query {name}"
    return found[1]


async def ask(cinema: Cinema, query: str, token: str | None = None, **variables: Any) -> Any:
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    body = orjson.dumps({"query": query, "variables": variables})
    reply = await InProcessTransport(cinema.app).fetch(body, headers, 60.0)
    return orjson.loads(reply.body)


async def do(cinema: Cinema, mutation: str, token: str, given: dict[str, Any]) -> Any:
    answer = await ask(cinema, mutation, token, input=given)
    assert "errors" not in answer, answer
    [payload] = answer["data"].values()
    assert payload["errors"] == []
    return payload


async def programme(cinema: Cinema) -> tuple[list[Any], list[Any]]:
    """The films of the start page that are on tomorrow, and the errors."""
    [place] = (await ask(cinema, PLACES))["data"]["cinemas"]["nodes"]
    # Tomorrow there: at 01:00 in UTC it is still the evening before in Lima.
    date = (datetime.now(ZoneInfo(place["timeZone"])) + timedelta(days=1)).date().isoformat()
    query = page_query("programme", "Programme")
    answer = await ask(cinema, query, cinemaId=place["id"], date=date)
    return answer["data"]["movies"]["nodes"], answer.get("errors", [])


async def film_on(cinema: Cinema) -> str:
    films, _ = await programme(cinema)
    return str(next(film["id"] for film in films if film["showtimes"]["nodes"]))


def fields_of(errors: list[Any]) -> set[str]:
    """Where the errors are: their paths without list indices, dotted."""
    return {".".join(step for step in error["path"] if isinstance(step, str)) for error in errors}


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", ["reviews", "analytics", "loyalty"])
async def test_the_start_page_shows_films_and_times_whoever_is_down(
    cinema: Cinema, down: set[str], name: str
) -> None:
    whole, errors = await programme(cinema)
    assert errors == []
    down.add(name)
    films, errors = await programme(cinema)
    assert [film["showtimes"] for film in films] == [film["showtimes"] for film in whole]
    assert any(film["showtimes"]["nodes"] for film in films)
    if name == "reviews":
        assert fields_of(errors) == {"movies.nodes"}
        assert all(film["reviewStats"] is None for film in films)
    else:
        assert errors == []


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.usefixtures("token")
@pytest.mark.parametrize("name", ["reviews", "analytics", "loyalty", "users"])
async def test_a_films_page_shows_film_and_times_whoever_is_down(
    cinema: Cinema, down: set[str], name: str
) -> None:
    movie_id = await film_on(cinema)
    down.add(name)
    answer = await ask(cinema, page_query("movie", "Movie"), id=movie_id, locale="ES")
    movie, errors = answer["data"]["movie"], answer.get("errors", [])
    assert movie["title"]
    assert movie["showtimes"]["nodes"]
    if name == "reviews":
        assert fields_of(errors) == {"movie"}
        assert movie["reviews"] is movie["reviewStats"] is None
    elif name == "users":
        assert movie["reviewStats"]["count"] == len(movie["reviews"]["nodes"]) > 0
        assert all(review["author"] is None for review in movie["reviews"]["nodes"])
    else:
        assert errors == []


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("name", "lost"),
    [
        ("analytics", {"movie"}),
        ("tickets", {"movie.showtimes.nodes"}),
        ("showtimes", {"movie"}),
    ],
)
async def test_figures_and_seats_are_null_by_themselves(
    cinema: Cinema, down: set[str], name: str, lost: set[str]
) -> None:
    movie_id = await film_on(cinema)
    down.add(name)
    answer = await ask(cinema, FIGURES, id=movie_id)
    assert fields_of(answer["errors"]) == lost  # one call for both kinds of entities has one error
    movie = answer["data"]["movie"]
    assert movie["title"]
    assert (movie["metrics"] is None) == (name == "analytics")
    assert (movie["showtimes"] is None) == (name == "showtimes")
    for showtime in (movie["showtimes"] or {"nodes": []})["nodes"]:
        assert showtime["startsAt"]
        assert (showtime["occupancy"] is None) == (name == "analytics")
        assert (showtime["bestAvailable"] is None) == (name == "tickets")


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", ["loyalty", "movies", "showtimes", "notifications"])
async def test_orders_are_shown_whoever_is_down(
    cinema: Cinema, down: set[str], token: str, name: str
) -> None:
    assert cinema.app.cache is not None
    await cinema.app.cache.invalidate_subgraph("movies")  # films shown before are known without it
    down.add(name)
    answer = await ask(cinema, page_query("account", "Mine"), token, locale="ES")
    [order] = answer["data"]["me"]["orders"]["nodes"]
    assert order["number"]
    assert (order["showtime"] is None) == (name == "showtimes")
    if order["showtime"] is not None:
        assert (order["showtime"]["movie"] is None) == (name == "movies")
    assert (answer["data"]["rewards"] is None) == (name == "loyalty")
    assert answer["errors"]
