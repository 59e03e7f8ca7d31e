"""A past for the demo: rewards to redeem, reviews, some seats sold. Added once."""

from __future__ import annotations

from typing import Any, Final
from uuid import uuid4

from marquee.demo import operations
from marquee.demo.client import DemoClient
from marquee.demo.people import Critic, load_critics
from marquee.demo.programme import Programme

REWARDS: Final = (
    {
        "name": "Popcorn money",
        "description": "10 % off an order.",
        "cost": 100,
        "kind": "PERCENT",
        "percent": 10,
    },
    {
        "name": "Half price",
        "description": "50 % off an order.",
        "cost": 400,
        "kind": "PERCENT",
        "percent": 50,
    },
    {"name": "A seat on us", "description": "One seat free.", "cost": 600, "kind": "FREE_SEAT", "stock": 100},
)
_PARTIES: Final = (2, 4, 3, 2)
"""The number of seats that each critic buys."""


class Past:
    """The past customers with their reviews and orders."""

    def __init__(self, guest: DemoClient, admin: DemoClient, programme: Programme, password: str) -> None:
        self._guest = guest
        self._admin = admin
        self._programme = programme
        self._password = password

    async def happen(self) -> None:
        """Add what is missing; existing rewards show that it was added before."""
        known = {node["name"] for node in (await self._guest.ask(operations.REWARDS))["nodes"]}
        if known >= {reward["name"] for reward in REWARDS}:
            return
        for place, critic in enumerate(load_critics()):
            await self._visit(critic, place)
        for reward in REWARDS:
            if reward["name"] not in known:
                await self._admin.do(operations.CREATE_REWARD, **reward)

    async def _visit(self, critic: Critic, place: int) -> None:
        payload = await self._guest.ask(
            operations.REGISTER,
            input={
                "name": critic.name,
                "email": critic.email,
                "password": self._password,
                "locale": critic.locale,
            },
        )
        if payload["accessToken"] is None:
            return
        client = self._guest.signed_in(payload["accessToken"])
        await client.ask(operations.JOIN)
        by_slug = {film.slug: movie_id for movie_id, film in self._programme.movies.items()}
        for opinion in critic.reviews:
            await client.do(
                operations.REVIEW,
                movieId=by_slug[opinion.film],
                rating=opinion.rating,
                title=opinion.title,
                body=opinion.body,
            )
        for showtime_id in self._programme.showtime_ids[place : 8 : len(_PARTIES)]:
            await self._buy(client, showtime_id, _PARTIES[place % len(_PARTIES)])

    async def _buy(self, client: DemoClient, showtime_id: str, count: int) -> None:
        showtime: Any = await client.ask(operations.BEST, id=showtime_id, count=count)
        seats = [seat["id"] for seat in (showtime or {}).get("bestAvailable") or []]
        if not seats:
            return
        hold = (await client.do(operations.HOLD, showtimeId=showtime_id, seatIds=seats))["hold"]
        key = str(uuid4())
        placed = await client.do(operations.PLACE, holdToken=hold["token"], idempotencyKey=key)
        await client.do(
            operations.PAY, orderId=placed["order"]["id"], paymentMethod="pm_card_visa", idempotencyKey=key
        )
