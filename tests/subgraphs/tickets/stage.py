"""A started tickets subgraph: events said to it, events it said, the usual requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from marquee_subgraphs.kit.clock import FrozenClock
from marquee_subgraphs.kit.database import Database
from marquee_subgraphs.kit.events import Broker, Consumer, Envelope
from marquee_subgraphs.kit.identity import ANONYMOUS, Viewer
from marquee_subgraphs.kit.ids import new_id, new_ulid
from marquee_subgraphs.tickets.invariants import verify
from marquee_subgraphs.tickets.service import TicketService
from tests.subgraphs.door import Answer, Door
from tests.subgraphs.tickets.outbox import said

HOLD = """
mutation ($input: HoldSeatsInput!) {
  holdSeats(input: $input) {
    hold { id token expiresAt extendableUntil seats { id label status mine price { amount currency } } }
    errors {
      __typename code message path
      ... on SeatsUnavailable { seats { id label status } alternatives { id label status } }
      ... on LonelySeat { seats { label } alternatives { label } }
      ... on CompanionOnly { wheelchairSeats { label } }
      ... on TooManySeats { limit }
    }
  }
}
"""
ORDER_FIELDS = """
id number status total { amount currency } subtotal { amount } discount { amount } bookingFee { amount }
tax { amount } email placedAt expiresAt failureReason
lines { label kind amount { amount } }
seats { label status mine }
tickets { id status qrCode price { amount } seat { label status } checkedInAt }
refundOptions { until refund { amount } staffOnly }
"""
PLACE = (
    "mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) {"
    f" order {{ accessToken {ORDER_FIELDS} }} errors {{ __typename code message path }} }} }}"
)
CANCEL = (
    "mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) {"
    f" order {{ {ORDER_FIELDS} }} errors {{ __typename code message path"
    " ... on OrderNotCancellable { refundOptions { staffOnly refund { amount } } } } } }"
)
CHECK_IN = """
mutation ($input: CheckInTicketInput!) {
  checkInTicket(input: $input) {
    ticket { id status checkedInAt seat { label status } }
    errors { code message ... on TicketNotAdmitted { reason ticket { id } } }
  }
}
"""
TWO_ROWS: Mapping[str, Sequence[int]] = {"A": range(1, 11), "B": range(1, 11)}


@dataclass(slots=True)
class Stage:
    """The subgraph under test."""

    door: Door
    clock: FrozenClock
    consumer: Consumer
    broker: Broker
    versions: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, door: Door, clock: FrozenClock, broker: Broker) -> Stage:
        service: TicketService = door.subgraph.service
        return cls(door, clock, service.resources.backend.consumer, broker)

    @property
    def service(self) -> TicketService:
        service: TicketService = self.door.subgraph.service
        return service

    @property
    def database(self) -> Database:
        return self.service.resources.backend.database

    def event(self, name: str, aggregate_id: str, payload: Mapping[str, Any]) -> Envelope:
        """Make an event as another subgraph would."""
        now = self.clock.now()
        self.versions[aggregate_id] = self.versions.get(aggregate_id, 0) + 1
        return Envelope(
            id=new_ulid(now),
            type=name,
            version=1,
            occurred_at=now,
            producer="elsewhere",
            aggregate_id=aggregate_id,
            aggregate_version=self.versions[aggregate_id],
            correlation_id="test",
            causation_id=None,
            trace=None,
            payload=dict(payload),
        )

    async def hear(self, name: str, aggregate_id: str, payload: Mapping[str, Any]) -> Envelope:
        """Have the subgraph take an event, as its consumer does."""
        event = self.event(name, aggregate_id, payload)
        await self.consumer.handle(event)
        return event

    async def said(self, *names: str) -> list[Envelope]:
        """The events that the subgraph has said so far, of these types or of all."""
        return [event for event in await said(self.database) if not names or event.type in names]

    async def schedule(
        self,
        *,
        rows: Mapping[str, Sequence[int]] | None = None,
        kinds: Mapping[str, str] | None = None,
        companions: Mapping[str, str] | None = None,
        blocked: Sequence[str] = (),
        starts_in: timedelta = timedelta(days=2),
        starts_at: datetime | None = None,
        base_price: int = 2400,
        currency: str = "PEN",
        time_zone: str = "America/Lima",
        cinema_id: str = "cin_1",
        movie_id: str = "mov_1",
    ) -> str:
        """Have a showtime scheduled; answers its id."""
        showtime_id = new_id("sht", self.clock.now())
        starts_at = starts_at or self.clock.now() + starts_in
        seats = [
            {
                "label": f"{row}{number}",
                "row": row,
                "number": number,
                "kind": (kinds or {}).get(f"{row}{number}", "STANDARD"),
                "x": float(number),
                "y": float(depth),
                "companion_of": (companions or {}).get(f"{row}{number}"),
                "blocked": f"{row}{number}" in blocked,
            }
            for depth, (row, numbers) in enumerate((rows or TWO_ROWS).items())
            for number in numbers
        ]
        await self.hear(
            "showtime.scheduled",
            showtime_id,
            {
                "showtime_id": showtime_id,
                "movie_id": movie_id,
                "movie_title": "Nosferatu",
                "cinema_id": cinema_id,
                "cinema_name": "Marquee Lima",
                "auditorium_id": "aud_1",
                "auditorium_name": "Sala 1",
                "time_zone": time_zone,
                "starts_at": starts_at.isoformat(),
                "ends_at": (starts_at + timedelta(hours=2)).isoformat(),
                "sales_close_at": (starts_at + timedelta(minutes=15)).isoformat(),
                "base_price": {"minor": base_price, "currency": currency},
                "format": "TWO_D",
                "language": "es",
                "curved": False,
                "seats": seats,
            },
        )
        return showtime_id

    async def hold(
        self, showtime_id: str, *labels: str, viewer: Viewer = ANONYMOUS, **more: Any
    ) -> dict[str, Any]:
        """Ask to hold seats; answers the payload."""
        given = {"showtimeId": showtime_id, "seatIds": [f"{showtime_id}:{label}" for label in labels], **more}
        payload: dict[str, Any] = (await self.door.ask(HOLD, {"input": given}, viewer)).only()
        return payload

    async def place(self, token: str, *, viewer: Viewer = ANONYMOUS, **more: Any) -> dict[str, Any]:
        """Ask to place an order; answers the payload. A guest gives an email."""
        given = {
            "holdToken": token,
            "idempotencyKey": new_ulid(self.clock.now()),
            **({"email": "guest@example.test"} if viewer.is_anonymous else {}),
            **more,
        }
        payload: dict[str, Any] = (await self.door.ask(PLACE, {"input": given}, viewer)).only()
        return payload

    async def order(
        self, showtime_id: str, *labels: str, viewer: Viewer = ANONYMOUS, **more: Any
    ) -> dict[str, Any]:
        """Hold seats and place an order for them; answers the order."""
        held = await self.hold(showtime_id, *labels, viewer=viewer)
        assert held["errors"] == []
        placed = await self.place(held["hold"]["token"], viewer=viewer, **more)
        assert placed["errors"] == []
        order: dict[str, Any] = placed["order"]
        return order

    async def authorize(self, order: Mapping[str, Any], payment_id: str = "pay_1") -> Envelope:
        """Have the order's payment authorised."""
        return await self.hear(
            "payment.authorized",
            payment_id,
            {"payment_id": payment_id, "order_id": order["id"], "amount": minor(order["total"])},
        )

    async def capture(self, order: Mapping[str, Any], payment_id: str = "pay_1") -> Envelope:
        """Have the order's payment captured."""
        return await self.hear(
            "payment.captured",
            payment_id,
            {"payment_id": payment_id, "order_id": order["id"], "amount": minor(order["total"])},
        )

    async def buy(
        self, showtime_id: str, *labels: str, viewer: Viewer = ANONYMOUS, payment_id: str = "pay_1"
    ) -> dict[str, Any]:
        """Hold, order, pay; answers the confirmed order with its tickets."""
        order = await self.order(showtime_id, *labels, viewer=viewer)
        await self.authorize(order, payment_id)
        await self.capture(order, payment_id)
        return await self.read_order(order["id"], viewer=viewer, token=order["accessToken"])

    async def read_order(
        self, order_id: str, *, viewer: Viewer = ANONYMOUS, token: str | None = None
    ) -> dict[str, Any]:
        """Read an order."""
        query = (
            f"query ($id: ID!, $token: String) {{ order(id: $id, accessToken: $token) {{ {ORDER_FIELDS} }} }}"
        )
        order: dict[str, Any] = (await self.door.ask(query, {"id": order_id, "token": token}, viewer)).only()
        return order

    async def cancel(
        self, order: Mapping[str, Any], *, viewer: Viewer = ANONYMOUS, **more: Any
    ) -> dict[str, Any]:
        """Ask to cancel an order; answers the payload."""
        given = {"orderId": order["id"], "idempotencyKey": new_ulid(self.clock.now()), **more}
        payload: dict[str, Any] = (await self.door.ask(CANCEL, {"input": given}, viewer)).only()
        return payload

    async def check_in(self, viewer: Viewer, qr_code: str, nonce: str) -> dict[str, Any]:
        """Scan a code at the door; answers the payload."""
        given = {"qrCode": qr_code, "gate": "north", "nonce": nonce}
        payload: dict[str, Any] = (await self.door.ask(CHECK_IN, {"input": given}, viewer)).only()
        return payload

    async def issue_voucher(self, code: str, viewer: Viewer, kind: str = "AMOUNT", **more: Any) -> None:
        """Have loyalty issue a voucher, by default of 10.00 PEN."""
        value = {"value": {"minor": 1000, "currency": "PEN"}} if kind == "AMOUNT" else {}
        payload = {
            "code": code,
            "user_id": viewer.user_id,
            "kind": kind,
            "expires_at": (self.clock.now() + timedelta(days=30)).isoformat(),
            **value,
            **more,
        }
        await self.hear("voucher.issued", code, payload)

    async def broken(self) -> list[str]:
        """The invariants that do not hold; none, one hopes."""
        return [str(invariant) for invariant in await verify(self.database) if not invariant.holds]

    async def seat_map(self, showtime_id: str, viewer: Viewer = ANONYMOUS) -> dict[str, str]:
        """The status of each seat by label."""
        answer: Answer = await self.door.entities(
            "Showtime", [showtime_id], "seatMap { version seats { label status } }", viewer
        )
        [showtime] = answer.only()
        return {seat["label"]: seat["status"] for seat in showtime["seatMap"]["seats"]}


def minor(total: Mapping[str, str]) -> dict[str, Any]:
    """Money of an answer as events carry it."""
    whole, _, cents = total["amount"].partition(".")
    return {"minor": int(whole) * 100 + int(cents), "currency": total["currency"]}
