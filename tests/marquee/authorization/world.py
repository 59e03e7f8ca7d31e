"""A cinema in this process with a user of every role and an object of every kind.

Owns the people, one thing of each kind that belongs to `owner`, and makers of new things for operations that
use them up. Asserts nothing about who may do what.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, cast
from uuid import uuid4

from marquee.cinema import Cinema, open_cinema
from marquee.demo.client import DemoClient, DemoRefused
from marquee.first_admin import OPENER
from marquee_router.request import Identity
from marquee_subgraphs.kit.app import Subgraph
from marquee_subgraphs.kit.identity import IDENTITY_HEADER
from marquee_subgraphs.kit.settings import load_settings
from marquee_subgraphs.users.domain import Role
from marquee_subgraphs.users.service import Client as Device
from tests.eventually import eventually
from tests.subgraphs.door import Door, IdentitySigner

PASSWORD: Final = "a quiet evening"
STAFF: Final = {
    "clerk": (Role.BOX_OFFICE, "here"),
    "clerk2": (Role.BOX_OFFICE, "elsewhere"),
    "manager": (Role.MANAGER, "here"),
    "manager2": (Role.MANAGER, "elsewhere"),
    "admin": (Role.ADMIN, None),
}
NAMES: Final = {
    "stranger": "Sam Stranger", "owner": "Olga Owner", "clerk": "Carl Clerk", "clerk2": "Cleo Clerk",
    "manager": "Max Manager", "manager2": "Mia Manager", "admin": "Ada Admin",
}  # fmt: skip
SHOWTIMES: Final = ("showtime", "sold_out", "sold_out_too", "empty", "cancelled")
ROWS: Final = "ABCDEFGHIJKLMNOPQRST"
FAR: Final = datetime.now(UTC).replace(hour=2, minute=0, second=0, microsecond=0) + timedelta(days=20)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, as the router and as the subgraphs know them; `id` is empty for a guest."""

    id: str
    token: str | None
    identity: Identity | None
    client: DemoClient

    @property
    def at_router(self) -> dict[str, str]:
        """Their headers at the router."""
        return {"authorization": f"Bearer {self.token}"} if self.token else {}


@dataclass(slots=True)
class World:
    """The cinema, its people and the ids of its things by name."""

    cinema: Cinema
    people: dict[str, Person] = field(default_factory=dict)
    things: dict[str, str] = field(default_factory=dict)
    _spares: dict[str, str] = field(default_factory=dict)
    _number: itertools.count[int] = field(default_factory=itertools.count)

    def door(self, name: str) -> Door:
        """A subgraph's door, or the router's by the name `router`."""
        served = self.cinema.app if name == "router" else self.cinema.subgraphs[name]
        return Door(cast(Subgraph, served), cast(IdentitySigner, None))

    async def new(self, name: str) -> str:
        """Make a thing, as `new_order`."""
        maker: Callable[[], Awaitable[str]] = getattr(self, f"_{name}")
        return await maker()

    async def spare(self, name: str) -> str:
        """The same thing each time, for questions that must not use it up."""
        if name not in self._spares:
            self._spares[name] = await self.new(name)
        return self._spares[name]

    async def do(self, who: str, mutation: str, selection: str, **given: Any) -> Any:
        """The payload of a mutation that succeeds."""
        kind = mutation[0].upper() + mutation[1:]
        text = (
            f"mutation ($input: {kind}Input!) {{ {mutation}(input: $input) "
            f"{{ {selection} errors {{ code message path }} }} }}"
        )
        return await self.people[who].client.do(text, **given)

    async def person(self, user_id: str, token: str | None) -> Person:
        """Somebody with this access token."""
        identity = await self.cinema.app.service.identify(f"Bearer {token}" if token else None)
        return Person(user_id, token, identity, DemoClient(self.cinema.app, token))

    def at_subgraph(self, person: Person, name: str) -> dict[str, str]:
        """The headers with which the router calls the subgraph `name` for a user."""
        signer = self.cinema.app.signer
        assert signer is not None
        return {IDENTITY_HEADER: signer.sign(signer.describe(person.identity), name)}

    async def come(self) -> None:
        """Everybody registers, and staff get their role."""
        self.people["guest"] = await self.person("", None)
        users = self.cinema.service("users")
        made = {}
        for who, name in NAMES.items():
            made[who] = await users.accounts.register(
                name=name, email=f"{who}@example.com", password=PASSWORD, locale=None, client=Device()
            )
        await self._hire("admin", made["admin"].user.id, [])
        await self._build()
        for who, signed_in in made.items():
            role, where = STAFF.get(who, (None, None))
            if role is None:
                self.people[who] = await self.person(signed_in.user.id, signed_in.access.text)
            elif where is not None:
                await self._hire(who, signed_in.user.id, [self.things[f"cinema_{where}"]])
        self.things.update({who: person.id for who, person in self.people.items() if person.id})

    async def _hire(self, who: str, user_id: str, cinemas: list[str]) -> None:
        await self.cinema.service("users").accounts.set_role(
            OPENER, user_id=user_id, role=STAFF[who][0], cinema_ids=cinemas, reason="The table"
        )
        self.people[who] = await self.person(user_id, await self._sign_in(f"{who}@example.com"))

    async def _sign_in(self, email: str) -> str:
        signed_in = await self.cinema.service("users").sessions.sign_in(
            email=email, password=PASSWORD, client=Device()
        )
        return str(signed_in.access.text)

    async def _build(self) -> None:
        """Two cinemas; at one, a room where no seat has a neighbour, and one of a single seat."""
        for where in ("here", "elsewhere"):
            made = await self.do(
                "admin", "createCinema", "cinema { id }",
                name=f"Cinema {where}", city="Lima", address="Av. Sol 1", timeZone="America/Lima",
                currency="PEN",
            )  # fmt: skip
            self.things[f"cinema_{where}"] = made["cinema"]["id"]
        self.things["auditorium"] = await self._new_auditorium(ROWS)
        self.things["single"] = await self._new_auditorium("A")
        self.things["movie"] = await self._new_movie()

    async def furnish(self) -> None:
        """Something of everything: what is personal belongs to `owner`."""
        things = self.things
        for name in SHOWTIMES:
            things[name] = await self._showtime_in(
                things["single" if name.startswith("sold_out") else "auditorium"]
            )
        for name in SHOWTIMES:
            await self._until(lambda name=name: self._seat_map(things[name]))  # type: ignore[misc]
        await self.do(
            "admin", "cancelShowtime", "showtime { id }", showtimeId=things["cancelled"], reason="X"
        )
        await self.do("owner", "updateUser", "user { id }", phone="+51987654321")
        await self._join()
        things["order"] = await self._ordered("owner", things["showtime"])
        things["payment"] = await self._paid("owner", things["order"], "pm_card_visa")
        things["pending"] = await self._ordered("owner", things["showtime"])
        things["challenged"] = await self._paid("owner", things["pending"], "pm_card_threeDSecureRequired")
        things["declined"] = await self._ordered("owner", things["showtime"])
        things["guest_order"] = await self._ordered("guest", things["showtime"])
        things["guest_payment"] = await self._paid("guest", things["guest_order"], "pm_card_visa")
        hold = await self._held("owner", things["showtime"])
        things["hold"] = hold["token"]
        things["held_seat"] = hold["seats"][0]["id"]
        for name in ("sold_out", "sold_out_too"):
            await self._held("stranger", things[name])
        await self._waiting("sold_out")
        things["review"] = await self._reviewed(things["movie"])
        things["hidden_movie"] = await self._new_movie()
        things["hidden_review"] = await self._reviewed(things["hidden_movie"])
        await self.do(
            "admin", "moderateReview", "review { id }",
            reviewId=things["hidden_review"], status="HIDDEN", reason="The table",
        )  # fmt: skip
        await self._until(self._know_cancellation)
        await self._until(self._know_ticket)
        await self._until(self._know_notification)

    async def _join(self) -> None:
        for who in NAMES:
            joined = await self.people[who].client.ask(
                "mutation { joinLoyalty { membership { id } errors { code } } }"
            )
            if who == "owner":
                self.things["membership"] = joined["membership"]["id"]
        reward = await self._reward(10)
        await self.do(
            "admin", "adjustPoints", "membership { id }",
            userId=self.people["owner"].id, points=100, reason="The table", idempotencyKey=str(uuid4()),
        )  # fmt: skip
        made = await self.do(
            "owner", "redeemReward", "voucher { code }", rewardId=reward, idempotencyKey=str(uuid4())
        )
        self.things["voucher"] = made["voucher"]["code"]
        self.things["reward"] = await self._reward(1_000_000)

    async def _reward(self, cost: int) -> str:
        made = await self.do(
            "admin", "createReward", "reward { id }",
            name=f"Reward {next(self._number)}", description="One", cost=cost, kind="PERCENT", percent=10,
        )  # fmt: skip
        return str(made["reward"]["id"])

    async def _until(self, known: Callable[[], Awaitable[bool]]) -> None:
        """Wait until what one service did has come to another."""
        await eventually(known)

    async def _seat_map(self, showtime_id: str) -> bool:
        query = '{ showtime(id: "%s") { seatMap { version } } }'
        found = await self.people["guest"].client.ask(query % showtime_id)
        return found["seatMap"] is not None

    async def _know_cancellation(self) -> bool:
        query = f'{{ showtime(id: "{self.things["cancelled"]}") {{ cancellation {{ reason }} }} }}'
        return (await self.people["admin"].client.ask(query))["cancellation"] is not None

    async def _know_ticket(self) -> bool:
        query = f'{{ order(id: "{self.things["order"]}") {{ tickets {{ id qrCode }} }} }}'
        found = (await self.people["owner"].client.ask(query))["tickets"]
        if not found:
            return False
        self.things["ticket"], self.things["qr"] = found[0]["id"], found[0]["qrCode"]
        return True

    async def _know_notification(self) -> bool:
        query = "{ me { notifications { nodes { id } } } }"
        found = (await self.people["owner"].client.ask(query))["notifications"]["nodes"]
        if not found:
            return False
        self.things["notification"] = found[0]["id"]
        return True

    # Makers

    async def _new_auditorium(self, rows: str) -> str:
        made = await self.do(
            "admin", "createAuditorium", "auditorium { id }",
            cinemaId=self.things["cinema_here"], name=f"Room {next(self._number)}",
            rows=[{"label": label, "seats": 1} for label in rows],
        )  # fmt: skip
        return str(made["auditorium"]["id"])

    async def _new_movie(self) -> str:
        made = await self.do(
            "admin", "createMovie", "movie { id }",
            title=f"Film {next(self._number)}", synopsis="One.", runtimeMinutes=60, genres=["Drama"],
            certificate="G", releaseDate="1920-01-01", language="es", directors=["D. Irector"],
        )  # fmt: skip
        return str(made["movie"]["id"])

    async def _new_time(self) -> str:
        return (FAR + timedelta(hours=3 * next(self._number))).isoformat()

    async def _new_key(self) -> str:
        return str(uuid4())

    async def _showtime_in(self, auditorium_id: str) -> str:
        made = await self.do(
            "admin", "createShowtime", "showtime { id }",
            movieId=self.things["movie"], auditoriumId=auditorium_id, startsAt=await self._new_time(),
            basePrice={"amount": "10.00", "currency": "PEN"}, language="es",
        )  # fmt: skip
        return str(made["showtime"]["id"])

    async def _new_showtime(self) -> str:
        return await self._showtime_in(self.things["auditorium"])

    async def _new_seat(self) -> str:
        return await self._seat_of(self.things["empty"])

    async def _seat_of(self, showtime_id: str) -> str:
        query = f'{{ showtime(id: "{showtime_id}") {{ bestAvailable(count: 1) {{ id }} }} }}'
        found = await self.people["guest"].client.ask(query)
        return str(found["bestAvailable"][0]["id"])

    async def _held(self, who: str, showtime_id: str) -> Any:
        made = await self.do(
            who, "holdSeats", "hold { token seats { id } }",
            showtimeId=showtime_id, seatIds=[await self._seat_of(showtime_id)],
        )  # fmt: skip
        return made["hold"]

    async def _ordered(self, who: str, showtime_id: str) -> str:
        hold = await self._held(who, showtime_id)
        made = await self.do(
            who, "placeOrder", "order { id accessToken }",
            holdToken=hold["token"], idempotencyKey=str(uuid4()),
            **({"email": "guest@example.com"} if who == "guest" else {}),
        )  # fmt: skip
        if who == "guest":
            self.things["access_token"] = made["order"]["accessToken"]
        return str(made["order"]["id"])

    async def _paid(self, who: str, order_id: str, method: str) -> str:
        return await self._once_known(
            who, "payOrder", "payment",
            orderId=order_id, paymentMethod=method, idempotencyKey=str(uuid4()),
        )  # fmt: skip

    async def _reviewed(self, movie_id: str) -> str:
        return await self._once_known(
            "owner", "createReview", "review", movieId=movie_id, rating=4, title="Good", body="So."
        )

    async def _once_known(self, who: str, mutation: str, made: str, **given: Any) -> str:
        """The id that a mutation returns, retried until the service has consumed the events it needs."""
        ids: list[str] = []

        async def attempt() -> bool:
            try:
                ids.append((await self.do(who, mutation, f"{made} {{ id }}", **given))[made]["id"])
            except DemoRefused as refused:
                if refused.codes & {"NOT_FOUND", "ORDER_NOT_PAYABLE", "ORDER_NOT_KNOWN_YET"}:
                    return False
                raise
            return True

        await self._until(attempt)
        return ids[0]

    async def _new_hold(self) -> str:
        """A hold of `owner`'s in a showtime of its own, for one holds ten seats of one at most."""
        showtime_id = await self._new_showtime()
        await self._until(lambda: self._seat_map(showtime_id))
        hold = await self._held("owner", showtime_id)
        return str(hold["token"])

    async def _new_order(self) -> str:
        made = await self.do(
            "owner", "placeOrder", "order { id }",
            holdToken=await self._new_hold(), idempotencyKey=str(uuid4()),
        )  # fmt: skip
        return str(made["order"]["id"])

    async def _new_entry(self) -> str:
        return await self._waiting("sold_out_too")

    async def _waiting(self, name: str) -> str:
        made = await self.do("owner", "joinWaitlist", "entry { id }", showtimeId=self.things[name], seats=1)
        return str(made["entry"]["id"])

    async def _new_user(self) -> str:
        signed_in = await self.cinema.service("users").accounts.register(
            name="Una Newcomer", email=f"new{next(self._number)}@example.com", password=PASSWORD,
            locale=None, client=Device(),
        )  # fmt: skip
        return str(signed_in.user.id)

    async def _new_refresh_token(self) -> str:
        signed_in = await self.cinema.service("users").sessions.sign_in(
            email="owner@example.com", password=PASSWORD, client=Device()
        )
        return str(signed_in.refresh_token)


@asynccontextmanager
async def open_world(data_dir: Path) -> AsyncIterator[World]:
    """A cinema with every user and every object."""
    async with open_cinema(load_settings({}, data_dir=data_dir)) as cinema:
        world = World(cinema)
        await world.come()
        await world.furnish()
        yield world
