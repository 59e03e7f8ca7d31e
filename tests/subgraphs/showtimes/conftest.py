"""A showtimes door with one cinema, one auditorium and one film in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from marquee_subgraphs.kit.clock import FrozenClock
from marquee_subgraphs.kit.events import Envelope
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.showtimes.app import build
from tests.subgraphs.conftest import OpenDoor
from tests.subgraphs.door import Door, staff
from tests.subgraphs.incoming_events import emit, make_event

ADMIN = staff("cinemas:write", "auditoriums:write", "showtimes:write")

CREATE_CINEMA = """mutation ($input: CreateCinemaInput!) {
  createCinema(input: $input) { cinema { id name timeZone currency seatCount } errors { code path } }
}"""
CREATE_AUDITORIUM = """mutation ($input: CreateAuditoriumInput!) {
  createAuditorium(input: $input) {
    auditorium { id seatCount seats { label row number kind x y companionOf blocked } }
    errors { code message path }
  }
}"""
CREATE_SHOWTIME = """mutation ($input: CreateShowtimeInput!) {
  createShowtime(input: $input) {
    showtime {
      id startsAt endsAt salesCloseAt status basePrice { amount currency } movie { id } cinema { id }
    }
    errors { __typename code message path ... on ShowtimeOverlap { conflictsWith { id } } }
  }
}"""


@dataclass(frozen=True, slots=True)
class House:
    """A cinema that is open, and the ids in it."""

    door: Door
    cinema_id: str
    auditorium_id: str
    movie_id: str

    async def schedule(self, starts_at: str, viewer: Viewer = ADMIN, **changes: Any) -> Any:
        """Ask for a showtime in Lima's currency at `starts_at`."""
        given = {
            "movieId": self.movie_id,
            "auditoriumId": self.auditorium_id,
            "startsAt": starts_at,
            "basePrice": {"amount": "24.00", "currency": "PEN"},
            "language": "zxx",
            **changes,
        }
        return (await self.door.ask(CREATE_SHOWTIME, {"input": given}, viewer=viewer)).only()


def movie_event(
    runtime: Runtime, movie_id: str, *, version: int = 1, minutes: int = 90, status: str = "ACTIVE"
) -> Envelope:
    """What movies says of a film."""
    payload = {"movie_id": movie_id, "title": "The Kid", "runtime_minutes": minutes, "status": status}
    type_ = "movie.created" if version == 1 else "movie.updated"
    return make_event(runtime, type_, payload, aggregate_id=movie_id, version=version)


@pytest.fixture
async def house(open_any_door: OpenDoor, any_runtime: Runtime, clock: FrozenClock) -> House:
    door = await open_any_door(build)
    cinema = (
        await door.ask(
            CREATE_CINEMA,
            {
                "input": {
                    "name": "Marquee Lima",
                    "city": "Lima",
                    "address": "Jirón de la Unión 300",
                    "timeZone": "America/Lima",
                    "currency": "PEN",
                }
            },
            viewer=ADMIN,
        )
    ).only()["cinema"]
    room = {
        "cinemaId": cinema["id"],
        "name": "1",
        "rows": [{"label": "A", "seats": 6}, {"label": "B", "seats": 8}],
    }
    made = (await door.ask(CREATE_AUDITORIUM, {"input": room}, viewer=ADMIN)).only()["auditorium"]
    movie_id = new_id("mov", clock.now())
    await emit(any_runtime, movie_event(any_runtime, movie_id))
    return House(door, cinema["id"], made["id"], movie_id)
