"""A started analytics subgraph that has heard of two cinemas, their showtimes and what is sold there."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from marquee_subgraphs.analytics.invariants import revenue_by_payment, verify
from marquee_subgraphs.kit.clock import FrozenClock
from marquee_subgraphs.kit.database import Database
from marquee_subgraphs.kit.events import Envelope
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.kit.runtime import Runtime
from tests.subgraphs.door import Door, customer, staff
from tests.subgraphs.incoming_events import emit, make_event

ADMIN = staff("reports:read", "users:read")
LIMA_MANAGER = staff("reports:read", role="manager", cinemas=["cin_lima"])
ANA, BEN = customer("usr_ana"), customer("usr_ben")
ZONES = {"cin_lima": ("America/Lima", "PEN"), "cin_madrid": ("Europe/Madrid", "EUR")}
TRACK = """mutation ($input: TrackEventInput!) { trackEvent(input: $input) {
  accepted errors { code path ... on RateLimited { retryAfterSeconds } } } }"""


@dataclass(slots=True)
class House:
    """Tells analytics what happens in the cinemas, and asks it for figures."""

    door: Door
    runtime: Runtime
    clock: FrozenClock
    _numbers: count[int] = field(default_factory=lambda: count(1))

    @property
    def database(self) -> Database:
        database = self.door.subgraph.database
        assert database is not None
        return database

    async def hear(self, type_: str, aggregate_id: str, version: int = 1, **payload: Any) -> Envelope:
        """Tell one event, and wait until it is taken."""
        event = make_event(self.runtime, type_, payload, aggregate_id=aggregate_id, version=version)
        await emit(self.runtime, event)
        return event

    async def again(self, *events: Envelope) -> None:
        """Tell events once more."""
        await emit(self.runtime, *events)

    async def found(self) -> None:
        """Build both cinemas, one auditorium each."""
        for cinema_id, (zone, currency) in ZONES.items():
            names: dict[str, Any] = {
                "name": cinema_id.removeprefix("cin_").title(),
                "city": "",
                "currency": currency,
            }
            await self.hear("cinema.created", cinema_id, cinema_id=cinema_id, time_zone=zone, **names)
            auditorium_id = self.auditorium_of(cinema_id)
            await self.hear(
                "auditorium.created", auditorium_id, auditorium_id=auditorium_id, cinema_id=cinema_id
            )

    @staticmethod
    def auditorium_of(cinema_id: str) -> str:
        """The auditorium of a cinema."""
        return cinema_id.replace("cin_", "aud_")

    async def film(self, title: str = "Metropolis", genres: tuple[str, ...] = ("Drama",)) -> str:
        """A film."""
        movie_id = new_id("mov", self.clock.now())
        await self.hear("movie.created", movie_id, movie_id=movie_id, title=title, genres=list(genres))
        return movie_id

    async def schedule(
        self,
        movie_id: str,
        cinema_id: str = "cin_lima",
        *,
        starts_in: timedelta = timedelta(days=1),
        seats: int = 10,
    ) -> str:
        """A showtime of so many seats."""
        showtime_id = new_id("shw", self.clock.now())
        await self.hear(
            "showtime.scheduled",
            showtime_id,
            showtime_id=showtime_id,
            movie_id=movie_id,
            movie_title="Metropolis",
            cinema_id=cinema_id,
            cinema_name=cinema_id,
            auditorium_id=self.auditorium_of(cinema_id),
            time_zone=ZONES[cinema_id][0],
            starts_at=(self.clock.now() + starts_in).isoformat(),
            seats=[{"label": f"A{number}"} for number in range(1, seats + 1)],
        )
        return showtime_id

    async def capture(
        self,
        showtime_id: str,
        movie_id: str,
        minor: int,
        *,
        cinema_id: str = "cin_lima",
        seats: int = 2,
        viewer: Viewer | None = ANA,
    ) -> Envelope:
        """Somebody pays for seats."""
        payment_id = f"pay_{next(self._numbers)}"
        return await self.hear(
            "payment.captured",
            payment_id,
            payment_id=payment_id,
            order_id=f"ord_of_{payment_id}",
            user_id=None if viewer is None else viewer.user_id,
            movie_id=movie_id,
            showtime_id=showtime_id,
            cinema_id=cinema_id,
            amount={"minor": minor, "currency": ZONES[cinema_id][1]},
            seat_count=seats,
        )

    async def refund(self, captured: Envelope, minor: int, *, tickets: int = 0, version: int = 1) -> Envelope:
        """Some or all of it goes back."""
        same = ("payment_id", "order_id", "user_id", "movie_id", "showtime_id", "cinema_id")
        refund_id = f"rfd_{next(self._numbers)}"
        return await self.hear(
            "refund.completed",
            captured.payload["order_id"],
            version,
            **{name: captured.payload[name] for name in same},
            refund_id=refund_id,
            amount={"minor": minor, "currency": captured.payload["amount"]["currency"]},
            ticket_ids=[f"tkt_{number}" for number in range(tickets)],
        )

    async def seats(self, change: str, showtime_id: str, version: int, *labels: str) -> Envelope:
        """Seats are sold or released."""
        return await self.hear(
            f"seats.{change}", showtime_id, version, showtime_id=showtime_id, seat_labels=list(labels)
        )

    async def visit(
        self, ticket_id: str, showtime_id: str, movie_id: str, *, undone: bool = False, version: int = 1
    ) -> Envelope:
        """Ana enters, or leaves again."""
        name = "ticket.check_in_undone" if undone else "ticket.checked_in"
        return await self.hear(
            name,
            ticket_id,
            version,
            ticket_id=ticket_id,
            user_id=ANA.user_id,
            showtime_id=showtime_id,
            movie_id=movie_id,
            at=self.clock.now().isoformat(),
        )

    async def track(self, viewer: Viewer | None = ANA, **given: Any) -> Any:
        """A page tells something of its visitor."""
        return (await self.door.ask(TRACK, {"input": given}, viewer=viewer)).only()

    async def ask(self, query: str, viewer: Viewer = ADMIN, **variables: Any) -> Any:
        """Ask for the only field of a query."""
        return (await self.door.ask(query, variables, viewer=viewer)).only()

    def range(self, start: timedelta = timedelta(days=-30), end: timedelta = timedelta(days=30)) -> Any:
        """From then to then, from now."""
        now: datetime = self.clock.now()
        return {"from": (now + start).isoformat(), "to": (now + end).isoformat()}

    async def books(self) -> dict[str, tuple[int, int]]:
        """Captured and refunded, by payment."""
        return dict(await revenue_by_payment(self.database))

    async def broken(self) -> list[str]:
        """The invariants that do not hold."""
        return [str(invariant) for invariant in await verify(self.database) if not invariant.holds]
