"""A programme many times as long: how cost grows with what a cinema has on sale.

What is on is put on again, in the same rooms, as many days later as the programme is long.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from bench.client import Client, Refused
from bench.premiere import LOGIN, PASSWORD, SCHEDULE

_WHOLE: Final = """query ($after: String) { showtimes(first: 100, after: $after) {
  nodes { startsAt format language movie { id } auditorium { id } basePrice { amount currency } }
  pageInfo { hasNextPage endCursor } } }"""
_AT_ONCE: Final = 8


async def repeat(client: Client, times: int) -> int:
    """Have `times` as many showtimes as there are; how many were added. Raises `Refused`."""
    login = await client.ask(LOGIN, input={"email": "admin@marquee.test", "password": PASSWORD})
    admin = client.authorized(login["login"]["accessToken"])
    known = await _programme(client)
    starts = [datetime.fromisoformat(each["startsAt"]) for each in known]
    length = timedelta(days=(max(starts) - min(starts)).days + 2)
    copies = iter(
        [
            _again(each, start + turn * length)
            for turn in range(1, times)
            for each, start in zip(known, starts, strict=True)
        ]
    )
    made = await asyncio.gather(*(_put_on(admin, copies) for _ in range(_AT_ONCE)))
    return sum(made)


async def _programme(client: Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after: str | None = None
    while True:
        page = (await client.ask(_WHOLE, after=after))["showtimes"]
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


def _again(showtime: dict[str, Any], starts_at: datetime) -> dict[str, Any]:
    return {
        "movieId": showtime["movie"]["id"],
        "auditoriumId": showtime["auditorium"]["id"],
        "startsAt": starts_at.isoformat(),
        "basePrice": showtime["basePrice"],
        "format": showtime["format"],
        "language": showtime["language"],
    }


async def _put_on(admin: Client, showings: Iterable[dict[str, Any]]) -> int:
    made = 0
    for showing in showings:
        payload = (await admin.ask(SCHEDULE, input=showing))["createShowtime"]
        if payload["errors"]:
            raise Refused(f"createShowtime: {payload['errors']}")
        made += 1
    return made
