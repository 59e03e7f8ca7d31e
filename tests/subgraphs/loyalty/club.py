"""A started loyalty subgraph, with what other subgraphs would tell it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

from sqlalchemy import select

from marquee_subgraphs.kit.clock import FrozenClock
from marquee_subgraphs.kit.database import Database
from marquee_subgraphs.kit.database.kit_tables import OUTBOX
from marquee_subgraphs.kit.events import Envelope
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.loyalty.invariants import verify
from marquee_subgraphs.loyalty.service import LoyaltyService
from tests.subgraphs.door import Door, customer, staff
from tests.subgraphs.incoming_events import emit, make_event

ADMIN = staff("points:write", "rewards:write", "users:read", user_id="usr_01KF1D0X80ADM1N00000000000")
ANA = customer("usr_01KF1D0X80ANA0000000000000")
BEN = customer("usr_01KF1D0X80BEN0000000000000")
JOIN = "mutation { joinLoyalty { membership { id tier plan points } errors { code } } }"
REDEEM = """mutation ($input: RedeemRewardInput!) { redeemReward(input: $input) {
  voucher { code issuedAt expiresAt usedAt reward { id } } membership { points }
  errors { code message path ... on NotEnoughPoints { missing } } } }"""
CREATE = """mutation ($input: CreateRewardInput!) { createReward(input: $input) {
  reward { id name cost kind value { amount currency } percent stock active } errors { code path } } }"""
ADJUST = """mutation ($input: AdjustPointsInput!) { adjustPoints(input: $input) {
  membership { points tier } errors { code path } } }"""
SET_PLAN = """mutation ($input: SetMembershipPlanInput!) { setMembershipPlan(input: $input) {
  membership { plan } errors { code path } } }"""
MEMBERSHIP = """membership { id tier plan points pendingPoints nextTier pointsToNextTier
  ledger(first: 100) { totalCount nodes { kind points pending reason orderId } }
  vouchers { code usedAt reward { name } } }"""


@dataclass(slots=True)
class Club:
    """Joins, pays, refunds, redeems; and asks what has become of it."""

    door: Door
    runtime: Runtime
    clock: FrozenClock
    _numbers: count[int] = field(default_factory=lambda: count(1))

    @property
    def database(self) -> Database:
        database = self.door.subgraph.database
        assert database is not None
        return database

    @property
    def service(self) -> LoyaltyService:
        service = self.door.subgraph.service
        assert isinstance(service, LoyaltyService)
        return service

    def event(self, type_: str, aggregate_id: str, version: int = 1, **payload: Any) -> Envelope:
        """An event of another subgraph."""
        return make_event(self.runtime, type_, payload, aggregate_id=aggregate_id, version=version)

    async def hear(self, *events: Envelope) -> None:
        """Take events to their end."""
        await emit(self.runtime, *events)

    async def schedule(self, starts_in: timedelta = timedelta(days=1)) -> str:
        """A showtime of Metropolis."""
        showtime_id = f"shw_{next(self._numbers)}"
        starts_at = (self.clock.now() + starts_in).isoformat()
        await self.hear(
            self.event(
                "showtime.scheduled",
                showtime_id,
                showtime_id=showtime_id,
                movie_title="Metropolis",
                starts_at=starts_at,
            )
        )
        return showtime_id

    def captured(
        self, showtime_id: str, minor: int, *, viewer: Viewer | None = ANA, payment_id: str | None = None
    ) -> Envelope:
        """Somebody's payment, or a guest's."""
        payment_id = payment_id or f"pay_{next(self._numbers)}"
        return self.event(
            "payment.captured",
            payment_id,
            payment_id=payment_id,
            order_id=f"ord_of_{payment_id}",
            user_id=None if viewer is None else viewer.user_id,
            showtime_id=showtime_id,
            amount={"minor": minor, "currency": "PEN"},
        )

    def refunded(self, captured: Envelope, minor: int, total: int, version: int = 1) -> Envelope:
        """A refund of some of a payment; `total` is what all its refunds come to."""
        payload = captured.payload
        return self.event(
            "refund.completed",
            payload["order_id"],
            version,
            **{key: payload[key] for key in ("payment_id", "order_id", "user_id", "showtime_id")},
            refund_id=f"rfd_{next(self._numbers)}",
            amount={"minor": minor, "currency": "PEN"},
            refunded_total={"minor": total, "currency": "PEN"},
        )

    async def pay(self, showtime_id: str, minor: int, *, viewer: Viewer | None = ANA) -> Envelope:
        """Take a payment."""
        event = self.captured(showtime_id, minor, viewer=viewer)
        await self.hear(event)
        return event

    async def join(self, viewer: Viewer = ANA) -> Any:
        """Become a member."""
        return (await self.door.ask(JOIN, viewer=viewer)).only()

    async def know(self, viewer: Viewer) -> None:
        """Hear that somebody registered."""
        assert viewer.user_id is not None
        await self.hear(self.event("user.registered", viewer.user_id, user_id=viewer.user_id))

    async def reward(self, viewer: Viewer = ADMIN, **changes: Any) -> Any:
        """Offer a reward."""
        given = {"name": "Popcorn", "description": "Salty.", "cost": 100, "kind": "FREE_SEAT", **changes}
        return (await self.door.ask(CREATE, {"input": given}, viewer=viewer)).only()

    async def redeem(self, reward_id: str, *, viewer: Viewer = ANA, key: str | None = None) -> Any:
        """Spend points."""
        given = {"rewardId": reward_id, "idempotencyKey": key or f"redeem-{next(self._numbers):04}"}
        return (await self.door.ask(REDEEM, {"input": given}, viewer=viewer)).only()

    async def adjust(
        self,
        points: int,
        *,
        of: Viewer = ANA,
        viewer: Viewer = ADMIN,
        key: str | None = None,
        reason: str = "the projector broke",
    ) -> Any:
        """Give or take points."""
        given = {
            "userId": of.user_id,
            "points": points,
            "reason": reason,
            "idempotencyKey": key or f"adjust-{next(self._numbers):04}",
        }
        return (await self.door.ask(ADJUST, {"input": given}, viewer=viewer)).only()

    async def membership(self, of: Viewer = ANA, viewer: Viewer | None = None) -> Any:
        """What a member reads of themself."""
        assert of.user_id is not None
        answer = await self.door.entities("User", [of.user_id], MEMBERSHIP, viewer or of)
        return answer.only()[0]["membership"]

    async def balance(self, of: Viewer = ANA) -> tuple[int, int]:
        """Points and pending points."""
        found = await self.membership(of)
        return found["points"], found["pendingPoints"]

    async def said(self, *types: str) -> list[Envelope]:
        """What loyalty has published, of these types."""
        async with self.database.read() as connection:
            rows = await connection.scalars(select(OUTBOX.c.event).order_by(OUTBOX.c.sequence))
        return [event for event in map(Envelope.from_json, rows) if event.type in types]

    async def broken(self) -> list[str]:
        """The invariants that do not hold."""
        return [str(invariant) for invariant in await verify(self.database) if not invariant.holds]

    def new_reward_id(self) -> str:
        """The id of a reward that does not exist."""
        return new_id("rwd", self.clock.now())
