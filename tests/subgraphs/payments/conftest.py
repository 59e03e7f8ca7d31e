"""Payments with its simulated bank, and a stand-in for tickets on the same broker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from marquee_subgraphs.kit.clock import FrozenClock
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.payments.adapters.in_process import call
from marquee_subgraphs.payments.adapters.simulator import SimulatedBank
from marquee_subgraphs.payments.app import build
from marquee_subgraphs.payments.domain.timing import Timing
from marquee_subgraphs.payments.invariants import books_in, verify
from marquee_subgraphs.payments.service import PaymentService
from tests.subgraphs.conftest import OpenDoor
from tests.subgraphs.door import Door, customer, staff
from tests.subgraphs.payments.tickets import Tickets

PAYMENT = "id status amount { amount currency } refunded { amount } failureCode nextAction { type url }"
PAY = f"""
mutation ($input: PayOrderInput!) {{
  payOrder(input: $input) {{
    payment {{ {PAYMENT} }} errors {{ __typename code message path ... on CardDeclined {{ declineCode }} }}
  }}
}}
"""
CONFIRM = f"""
mutation ($input: ConfirmPaymentInput!) {{
  confirmPayment(input: $input) {{ payment {{ {PAYMENT} }} errors {{ __typename code }} }}
}}
"""
REFUND = f"""
mutation ($input: RefundPaymentInput!) {{
  refundPayment(input: $input) {{
    refund {{ id status amount {{ amount }} reason }} payment {{ {PAYMENT} }}
    errors {{ __typename code message path }}
  }}
}}
"""
CUSTOMER = customer("usr_1")
MANAGER = staff("refunds:write", user_id="usr_manager", role="manager", cinemas=["cin_1"])
QUICK = Timing(order_wait_seconds=5.0, settle_wait_seconds=5.0)
IMPATIENT = Timing(order_wait_seconds=0.05, settle_wait_seconds=5.0, provider_timeout_seconds=0.05)


@dataclass(frozen=True, slots=True)
class Cinema:
    """What a test of payments stands on."""

    door: Door
    tickets: Tickets
    clock: FrozenClock

    @property
    def service(self) -> PaymentService:
        service = self.door.subgraph.service
        assert isinstance(service, PaymentService)
        return service

    @property
    def bank(self) -> SimulatedBank:
        """The simulated bank, for its books and its webhooks."""
        bank = self.service.resources.opened.bank
        assert bank is not None
        return bank

    def paying(
        self, order_id: str, method: str = "pm_card_visa", key: str = "key-00000001"
    ) -> asyncio.Task[Any]:
        """Begin to pay."""
        return asyncio.create_task(self.pay(order_id, method, key))

    async def pay(
        self,
        order_id: str,
        method: str = "pm_card_visa",
        key: str = "key-00000001",
        viewer: Viewer = CUSTOMER,
    ) -> Any:
        """Pay; answers the payload."""
        given = {"orderId": order_id, "paymentMethod": method, "idempotencyKey": key}
        return (await self.door.ask(PAY, {"input": given}, viewer)).only()

    async def refund(
        self, payment_id: str, amount: str | None = None, key: str = "key-00000001", viewer: Viewer = MANAGER
    ) -> Any:
        """Refund; answers the payload."""
        given = {"paymentId": payment_id, "reason": "The projector broke.", "idempotencyKey": key}
        if amount is not None:
            given |= {"amount": {"amount": amount, "currency": "PEN"}}  # type: ignore[dict-item]  # JSON
        return (await self.door.ask(REFUND, {"input": given}, viewer)).only()

    async def confirm(self, payment_id: str, viewer: Viewer = CUSTOMER) -> Any:
        """Go on after 3-D Secure; answers the payload."""
        return (await self.door.ask(CONFIRM, {"input": {"paymentId": payment_id}}, viewer)).only()

    async def send(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> tuple[int, bytes]:
        """An HTTP request to what payments serves beside GraphQL."""
        page, status, _ = await call(
            self.door.subgraph.asgi, method, f"http://payments{path}", headers or {}, body
        )
        return status, page

    async def status(self, payment_id: str) -> str:
        """A payment's status as its customer sees it."""
        query = "query ($id: ID!) { payment(id: $id) { status } }"
        answer = await self.door.ask(query, {"id": payment_id}, staff())
        return str(answer.only()["status"])


async def _open(open_door: OpenDoor, runtime: Runtime, path: Path, timing: Timing = QUICK) -> Cinema:
    assert isinstance(runtime.clock, FrozenClock)
    tickets = await Tickets.open(path / "tickets.sqlite", runtime.broker, runtime.clock)
    door = await open_door(lambda each: build(each, timing=timing))
    return Cinema(door, tickets, runtime.clock)


@pytest.fixture
async def cinema(open_door: OpenDoor, runtime: Runtime, tmp_path: Path) -> AsyncIterator[Cinema]:
    """On SQLite."""
    cinema = await _open(open_door, runtime, tmp_path)
    yield cinema
    await cinema.tickets.close()


@pytest.fixture
async def any_cinema(open_any_door: OpenDoor, runtime: Runtime, tmp_path: Path) -> AsyncIterator[Cinema]:
    """On SQLite, and on PostgreSQL."""
    cinema = await _open(open_any_door, runtime, tmp_path)
    yield cinema
    await cinema.tickets.close()


@pytest.fixture
async def impatient_cinema(open_door: OpenDoor, runtime: Runtime, tmp_path: Path) -> AsyncIterator[Cinema]:
    """One that waits a twentieth of a second for its bank, which sends no webhooks, and for orders."""
    cinema = await _open(open_door, runtime, tmp_path, IMPATIENT)
    await cinema.bank.sender.stop()
    yield cinema
    await cinema.tickets.close()


async def clean(cinema: Cinema) -> None:
    """Every invariant of payments holds, and the bank agrees."""
    await cinema.service.idle()
    assert cinema.service.resources.opened.bank is not None
    report = await verify(cinema.service.database, books_in(cinema.service.resources.opened.bank.path))
    assert len(report.invariants) == 8
    assert [str(each) for each in report.invariants if not each.holds] == []
