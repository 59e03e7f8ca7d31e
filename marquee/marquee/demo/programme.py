"""The demo's showtimes. A day always has the same ones, so that a restart adds only what is missing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from marquee.demo import operations
from marquee.demo.cinemas import HOUSES, House, Room
from marquee.demo.client import DemoClient, DemoRefused
from marquee.demo.films import Film

OPENING: Final = time(14, 30)
LAST_START: Final = time(22, 45)
AROUND_A_FILM: Final = timedelta(minutes=40)
"""Minutes for trailers before a film and cleaning after it."""
WEEKEND: Final = frozenset({4, 5, 6})
_TRIES: Final = 100
_PAUSE_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Showing:
    """A showtime of the programme."""

    house: House
    cinema_id: str
    room: Room
    auditorium_id: str
    movie_id: str
    film: Film
    starts_at: datetime

    def to_input(self) -> dict[str, Any]:
        """The input of `createShowtime`."""
        price = self.house.prices[self.starts_at.weekday() in WEEKEND]
        return {
            "movieId": self.movie_id,
            "auditoriumId": self.auditorium_id,
            "startsAt": self.starts_at.isoformat(),
            "basePrice": {"amount": price, "currency": self.house.currency},
            "format": self.room.screen_format,
            "language": self.film.language,
        }


class Programme:
    """The demo's showtimes; `showtime_ids` are the known ones, each call's in order of time."""

    def __init__(
        self, admin: DemoClient, houses: Mapping[str, Mapping[str, str]], movies: Mapping[str, Film]
    ) -> None:
        self._admin = admin
        self._houses = [
            (house, cinema_id, rooms)
            for house, (cinema_id, rooms) in zip(HOUSES, houses.items(), strict=True)
        ]
        self.movies = movies
        self.showtime_ids: list[str] = []

    async def schedule(self, days_ahead: Iterable[int]) -> None:
        """Create the missing showtimes of these days; day 0 is today in each cinema's time zone."""
        now = datetime.now(UTC)
        for ahead in days_ahead:
            for house, cinema_id, rooms in self._houses:
                day = now.astimezone(ZoneInfo(house.time_zone)).date() + timedelta(days=ahead)
                known = await self._known(cinema_id, day)
                for showing in self._showings(house, cinema_id, rooms, day):
                    # `createShowtime` refuses what has begun.
                    if showing.starts_at <= now + timedelta(minutes=1):
                        continue
                    moment = (showing.auditorium_id, showing.starts_at)
                    self.showtime_ids.append(known.get(moment) or await self._create(showing))

    def _showings(
        self, house: House, cinema_id: str, rooms: Mapping[str, str], day: date
    ) -> Iterator[Showing]:
        zone = ZoneInfo(house.time_zone)
        movies = list(self.movies.items())
        for place, room in enumerate(house.rooms):
            # Depends on the day and the room only: the same day gets the same films after any restart.
            turn = day.toordinal() * 5 + place * 7 + (3 if house is HOUSES[0] else 0)
            starts_at = datetime.combine(day, OPENING, zone)
            while starts_at <= datetime.combine(day, LAST_START, zone):
                movie_id, film = movies[turn % len(movies)]
                yield Showing(house, cinema_id, room, rooms[room.name], movie_id, film, starts_at)
                length = timedelta(minutes=film.runtime_minutes) + AROUND_A_FILM
                # Rounded up to five minutes, as programmes are printed.
                starts_at += timedelta(minutes=-(-length // timedelta(minutes=5)) * 5)
                turn += 3

    async def _known(self, cinema_id: str, day: date) -> dict[tuple[str, datetime], str]:
        page = await self._admin.ask(
            operations.SHOWTIMES, filter={"cinemaId": cinema_id, "date": day.isoformat()}, after=None
        )
        return {
            (node["auditorium"]["id"], datetime.fromisoformat(node["startsAt"])): node["id"]
            for node in page["nodes"]
        }

    async def _create(self, showing: Showing) -> str:
        """Create one, retrying while `showtimes` has not consumed the event of a new film."""
        for _ in range(_TRIES):
            try:
                payload = await self._admin.do(operations.CREATE_SHOWTIME, **showing.to_input())
            except DemoRefused as refused:
                if refused.codes != {"NOT_FOUND"}:
                    raise
                await asyncio.sleep(_PAUSE_SECONDS)
            else:
                return str(payload["showtime"]["id"])
        raise TimeoutError("showtimes has not consumed the events of the demo films")
