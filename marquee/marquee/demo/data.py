"""Adds the demo data by the operations that clients use. Safe to run at every start, and beside a cinema
of many processes.

What people expect at once (users, films, cinemas, showtimes of today and tomorrow) is there before the first
request; the rest of the week, opinions and a few sold seats follow while the cinema is open.
"""

from __future__ import annotations

import logging
from typing import Final

from marquee.cinema import Cinema
from marquee.demo import operations
from marquee.demo.cinemas import HOUSES
from marquee.demo.client import DemoClient, DemoRefused
from marquee.demo.films import Film, load_films
from marquee.demo.history import Past
from marquee.demo.programme import Programme
from marquee.first_admin import OPENER
from marquee_subgraphs.users.domain import Role

DEMO_PASSWORD: Final = "marquee-demo"
ADMIN: Final = "admin@marquee.test"
DEMO_USERS: Final = {
    "customer@marquee.test": ("Camila Torres", Role.CUSTOMER),
    "boxoffice@marquee.test": ("Beto Salas", Role.BOX_OFFICE),
    "manager@marquee.test": ("Marta Lozano", Role.MANAGER),
    ADMIN: ("Alba Reyes", Role.ADMIN),
}
DAYS_AT_ONCE: Final = 2
DAYS: Final = 7
_LOGGER = logging.getLogger("marquee.demo")


class DemoData:
    """The demo data of one cinema."""

    def __init__(self, cinema: Cinema) -> None:
        self._cinema = cinema
        self._guest = DemoClient(cinema.app)
        self._admin = self._guest
        self._programme: Programme | None = None

    async def prepare(self) -> None:
        """Add what must exist before the first request."""
        try:
            self._programme = await self._put_in()
        except DemoRefused as refused:
            _LOGGER.warning("The demo data stay as they are: %s", refused)

    async def fill(self) -> None:
        """Add the rest, while the cinema serves."""
        if self._programme is None:
            return
        try:
            await self._fill(self._programme)
        except DemoRefused as refused:
            _LOGGER.warning("Some demo data are missing: %s", refused)

    async def complete(self) -> None:
        """Add all of it. Raises `DemoRefused`, and `TimeoutError` when events do not arrive."""
        await self._fill(await self._put_in())

    async def _put_in(self) -> Programme:
        self._admin = await self._sign_in_as_admin()
        houses = await self._houses()
        movies = await self._movies()
        await self._staff(list(houses))
        programme = Programme(self._admin, houses, movies)
        await programme.schedule(range(DAYS_AT_ONCE))
        return programme

    async def _fill(self, programme: Programme) -> None:
        await programme.schedule(range(DAYS_AT_ONCE, DAYS))
        await Past(self._guest, self._admin, programme, DEMO_PASSWORD).happen()

    async def _sign_in_as_admin(self) -> DemoClient:
        payload = await self._guest.ask(operations.LOGIN, input={"email": ADMIN, "password": DEMO_PASSWORD})
        # No token: the account does not exist, because nobody changes the demo's password.
        if payload["accessToken"] is None:
            user_id = await self._register(ADMIN)
            await self._give_role(user_id, Role.ADMIN, [])
            payload = await self._guest.do(operations.LOGIN, email=ADMIN, password=DEMO_PASSWORD)
        return self._guest.signed_in(payload["accessToken"])

    async def _register(self, email: str) -> str:
        name, _ = DEMO_USERS[email]
        payload = await self._guest.do(
            operations.REGISTER, name=name, email=email, password=DEMO_PASSWORD, locale="ES"
        )
        return str(payload["user"]["id"])

    # The only step past the API: there is no admin yet who could give the first admin the role.
    async def _give_role(self, user_id: str, role: Role, cinema_ids: list[str]) -> None:
        await self._cinema.service("users").accounts.set_role(
            OPENER, user_id=user_id, role=role, cinema_ids=cinema_ids, reason="Demo data"
        )

    async def _staff(self, cinema_ids: list[str]) -> None:
        known = {node["email"] for node in (await self._admin.ask(operations.STAFF))["nodes"]}
        for email, (_, role) in DEMO_USERS.items():
            if email in known:
                continue
            user_id = await self._register(email)
            if role is not Role.CUSTOMER:
                await self._give_role(user_id, role, cinema_ids)

    async def _houses(self) -> dict[str, dict[str, str]]:
        """The id of each demo cinema, with the ids of its rooms by name."""
        known = {node["name"]: node for node in (await self._guest.ask(operations.HOUSES))["nodes"]}
        houses: dict[str, dict[str, str]] = {}
        for house in HOUSES:
            node = known.get(house.name)
            if node is None:
                made = (await self._admin.do(operations.CREATE_CINEMA, **house.to_input()))["cinema"]
                node = {"id": made["id"], "auditoriums": []}
            rooms = {room["name"]: room["id"] for room in node["auditoriums"]}
            for room in house.rooms:
                if room.name not in rooms:
                    payload = await self._admin.do(operations.CREATE_AUDITORIUM, **room.to_input(node["id"]))
                    rooms[room.name] = payload["auditorium"]["id"]
            houses[node["id"]] = rooms
        return houses

    async def _movies(self) -> dict[str, Film]:
        """The demo films by id."""
        known = {node["title"]: node["id"] for node in (await self._guest.ask(operations.MOVIES))["nodes"]}
        movies: dict[str, Film] = {}
        for film in load_films():
            movie_id = known.get(film.title)
            if movie_id is None:
                payload = await self._admin.do(operations.CREATE_MOVIE, **film.to_input())
                movie_id = payload["movie"]["id"]
            movies[movie_id] = film
        return movies
