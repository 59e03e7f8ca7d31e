"""Payments as it runs in production: the bank is elsewhere, reached by HTTP both ways, and the wire fails."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from marquee_subgraphs.kit.clock import FrozenClock
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.kit.settings import load_settings
from marquee_subgraphs.payments.adapters.factory import open_stripe
from marquee_subgraphs.payments.adapters.simulator import SimulatedBank
from marquee_subgraphs.payments.adapters.simulator.webhook_http import post_to
from marquee_subgraphs.payments.adapters.simulator.wire import sign
from marquee_subgraphs.payments.app import build
from marquee_subgraphs.payments.domain.timing import Timing
from marquee_subgraphs.payments.invariants import books_in, verify
from tests.subgraphs.conftest import OpenDoor
from tests.subgraphs.payments.adapters.wire import Fault, Wire, wired
from tests.subgraphs.payments.conftest import Cinema
from tests.subgraphs.payments.tickets import Tickets

KEY, SECRET = "sk_test_of_this_test", "whsec_of_this_test"
PATIENT = Timing(order_wait_seconds=5.0, settle_wait_seconds=5.0)
HASTY = Timing(order_wait_seconds=5.0, settle_wait_seconds=0.3, provider_timeout_seconds=0.15)


@dataclass(frozen=True, slots=True)
class Wired(Cinema):
    """A cinema whose bank is behind a wire; its webhooks come when asked for, by another wire."""

    simulator: SimulatedBank
    to_bank: Wire
    to_cinema: Wire
    browser: aiohttp.ClientSession

    @property
    def bank(self) -> SimulatedBank:
        """The bank elsewhere."""
        return self.simulator

    async def start_due_work(self) -> None:
        """Time passes, and what is due is looked after."""
        self.clock.advance(timedelta(minutes=1))
        await self.service.reconciliation.start_due_work()
        await self.service.idle()

    async def post_webhook(self, body: bytes, signature: str) -> int:
        """Post something to where the bank posts."""
        headers = {"stripe-signature": signature}
        async with self.browser.post(
            f"{self.to_cinema.url}/webhooks/stripe", data=body, headers=headers
        ) as answer:
            return answer.status

    async def assert_clean(self) -> None:
        """Every invariant holds, by the bank's books as its API shows them and as they are."""
        await self.service.idle()
        async with AsyncExitStack() as stack:
            settings = load_settings({}, stripe_key=KEY, stripe_url=self.to_bank.url)
            by_api = open_stripe(settings, stack, timeout_seconds=5).booked
            for books in (by_api, books_in(self.simulator.path)):
                report = await verify(self.service.database, books)
                assert len(report.invariants) == 8
                assert [str(each) for each in report.invariants if not each.holds] == []


async def _open(
    stack: AsyncExitStack, open_door: OpenDoor, runtime: Runtime, path: Path, timing: Timing
) -> Wired:
    browser = await stack.enter_async_context(aiohttp.ClientSession())
    to_cinema = await stack.enter_async_context(wired(_NOBODY))
    to_bank = await stack.enter_async_context(wired(_NOBODY))
    simulator = SimulatedBank(
        path / "elsewhere" / "bank.sqlite",
        public_url=to_bank.url,
        webhook_secret=SECRET,
        api_key=KEY,
        deliver=post_to(f"{to_cinema.url}/webhooks/stripe", browser),
    )
    stack.push_async_callback(simulator.close)
    to_bank.app = simulator.app
    settings = load_settings(
        {}, data_dir=path, stripe_key=KEY, stripe_webhook_secret=SECRET, stripe_url=to_bank.url
    )
    assert isinstance(runtime.clock, FrozenClock)
    tickets = await Tickets.open(path / "tickets.sqlite", runtime.broker, runtime.clock)
    stack.push_async_callback(tickets.close)
    door = await open_door(lambda each: build(dataclasses.replace(each, settings=settings), timing=timing))
    to_cinema.app = door.subgraph.asgi
    return Wired(door, tickets, runtime.clock, simulator, to_bank, to_cinema, browser)


async def _NOBODY(*_: Any) -> None:  # noqa: N802  # stands where an application will stand
    raise AssertionError("nobody is asked yet")


@pytest.fixture
async def wired_cinema(open_door: OpenDoor, runtime: Runtime, tmp_path: Path) -> AsyncIterator[Wired]:
    async with AsyncExitStack() as stack:
        yield await _open(stack, open_door, runtime, tmp_path, PATIENT)


@pytest.fixture
async def hasty_cinema(open_door: OpenDoor, runtime: Runtime, tmp_path: Path) -> AsyncIterator[Wired]:
    """One that waits a moment only for its bank."""
    async with AsyncExitStack() as stack:
        yield await _open(stack, open_door, runtime, tmp_path, HASTY)


async def test_an_order_is_paid_and_given_back(wired_cinema: Wired) -> None:
    payload = await wired_cinema.pay(await wired_cinema.tickets.place())
    assert payload["payment"]["status"] == "CAPTURED", payload
    part = await wired_cinema.refund(payload["payment"]["id"], "8.00")
    assert part["refund"]["status"] == "COMPLETED"
    rest = await wired_cinema.refund(payload["payment"]["id"], key="key-00000002")
    assert rest["refund"]["status"] == "COMPLETED"
    assert await wired_cinema.status(payload["payment"]["id"]) == "REFUNDED"
    assert await wired_cinema.bank.sender.deliver_due(twice=True, reverse=True) == 4
    assert await wired_cinema.status(payload["payment"]["id"]) == "REFUNDED"
    await wired_cinema.assert_clean()


async def test_a_declined_card_can_be_followed_by_another(wired_cinema: Wired) -> None:
    order_id = await wired_cinema.tickets.place()
    payload = await wired_cinema.pay(order_id, "pm_card_chargeDeclinedInsufficientFunds")
    assert [error["declineCode"] for error in payload["errors"]] == ["insufficient_funds"]
    payload = await wired_cinema.pay(order_id, key="key-00000002")
    assert payload["payment"]["status"] == "CAPTURED"
    await wired_cinema.assert_clean()


@pytest.mark.parametrize("told", ["by the customer", "by a webhook", "by nobody"])
async def test_the_customer_answers_their_bank(wired_cinema: Wired, told: str) -> None:
    payload = await wired_cinema.pay(await wired_cinema.tickets.place(), "pm_card_threeDSecureRequired")
    payment, page = payload["payment"], payload["payment"]["nextAction"]["url"]
    assert payment["status"] == "ACTION_REQUIRED"
    assert page.startswith(f"{wired_cinema.to_bank.url}/bank/3ds/"), "the bank's own address"
    async with wired_cinema.browser.get(page) as shown:
        assert "Is this you?" in await shown.text()
    async with wired_cinema.browser.post(page, data={"decision": "authorise"}, allow_redirects=False) as sent:
        assert sent.headers["Location"].endswith("/bank/done")
    match told:
        case "by the customer":
            confirmed = await wired_cinema.confirm(payment["id"])
            assert confirmed["payment"]["status"] == "CAPTURED"
        case "by a webhook":
            assert await wired_cinema.bank.sender.deliver_due() > 0
        case _:
            await wired_cinema.start_due_work()
    await wired_cinema.tickets.hears("payment.captured")
    await wired_cinema.assert_clean()


@pytest.mark.parametrize("fault", ["cut before", "cut after", "late", "half", "status 500", "page"])
async def test_an_authorisation_without_answer_is_found_out_before_any_other(
    hasty_cinema: Wired, fault: Fault
) -> None:
    cinema = hasty_cinema
    cinema.to_bank.faults.append(fault)
    order_id = await cinema.tickets.place()
    payload = await cinema.pay(order_id)
    assert payload["payment"]["status"] == "UNKNOWN"
    other = await cinema.pay(order_id, "pm_card_mastercard", key="key-00000002")
    assert other["payment"]["id"] == payload["payment"]["id"], "no other card before it is found out"
    await cinema.start_due_work()
    await cinema.tickets.hears("payment.captured")
    looked_up = [seen.path for seen in cinema.to_bank.seen].index("/v1/payment_intents/search")
    assert [seen.method for seen in cinema.to_bank.seen[: looked_up + 1]] == ["POST", "GET"]
    [intent] = cinema.bank.store.all_intents()
    assert (intent["captures"], intent["received"]) == (1, 4800)
    await cinema.assert_clean()


@pytest.mark.parametrize("fault", ["cut after", "late", "status 429", "nonsense", "page 404"])
async def test_a_capture_or_refund_without_answer_is_made_once(hasty_cinema: Wired, fault: Fault) -> None:
    cinema = hasty_cinema
    cinema.tickets.answers = False
    order_id = await cinema.tickets.place()
    payload = await cinema.pay(order_id)
    cinema.to_bank.faults.append(fault)
    await cinema.tickets.confirm(order_id, payload["payment"]["id"])
    await cinema.to_bank.befell.wait()
    await cinema.service.idle()
    assert await cinema.status(payload["payment"]["id"]) == "AUTHORIZED"
    await cinema.start_due_work()
    assert await cinema.status(payload["payment"]["id"]) == "CAPTURED"

    cinema.to_bank.faults.append(fault)
    refund = (await cinema.refund(payload["payment"]["id"], "8.00"))["refund"]
    assert refund["status"] == "PENDING", "what was not answered did not fail"
    await cinema.start_due_work()
    assert await cinema.status(payload["payment"]["id"]) == "PARTIALLY_REFUNDED"
    [intent] = cinema.bank.store.all_intents()
    assert (intent["captures"], intent["received"], intent["refunded"]) == (1, 4800, 800)
    await cinema.assert_clean()


async def test_a_webhook_may_come_before_the_answer(wired_cinema: Wired) -> None:
    wired_cinema.to_bank.faults.append("late")
    order_id = await wired_cinema.tickets.place()
    paying = wired_cinema.paying(order_id)
    await wired_cinema.to_bank.held.wait()
    assert await wired_cinema.bank.sender.deliver_due(twice=True) == 1
    await wired_cinema.tickets.hears("payment.authorized")
    wired_cinema.to_bank.let_go()
    assert (await paying)["payment"]["status"] == "CAPTURED"
    assert wired_cinema.tickets.names().count("payment.authorized") == 1
    await wired_cinema.assert_clean()


async def test_a_webhook_whose_question_is_not_answered_comes_again(wired_cinema: Wired) -> None:
    payload = await wired_cinema.pay(await wired_cinema.tickets.place(), "pm_card_threeDSecureRequired")
    wired_cinema.to_bank.faults.append("status 500")
    [webhook] = wired_cinema.bank.store.due_webhooks()
    signature = sign(webhook.body, SECRET, int(time.time()))
    assert await wired_cinema.post_webhook(webhook.body, signature) == 503
    assert await wired_cinema.post_webhook(webhook.body, signature) == 200
    assert await wired_cinema.status(payload["payment"]["id"]) == "ACTION_REQUIRED"


async def test_forged_old_and_foreign_webhooks_ask_nothing(wired_cinema: Wired) -> None:
    await wired_cinema.pay(await wired_cinema.tickets.place(), "pm_card_threeDSecureRequired")
    [webhook] = wired_cinema.bank.store.due_webhooks()
    now, asked = int(time.time()), len(wired_cinema.to_bank.seen)
    for signature in (
        sign(webhook.body, "whsec_other", now),
        sign(webhook.body, SECRET, now - 600),
        sign(webhook.body + b" ", SECRET, now),
        "t=,v1=",
        "",
    ):
        assert await wired_cinema.post_webhook(webhook.body, signature) == 400
    assert await wired_cinema.post_webhook(b"x" * 600_000, "t=1,v1=x") == 413
    stranger = webhook.body.replace(b"pay_", b"pax_")
    assert await wired_cinema.post_webhook(stranger, sign(stranger, SECRET, now)) == 200
    assert len(wired_cinema.to_bank.seen) == asked
