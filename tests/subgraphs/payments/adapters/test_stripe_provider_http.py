"""The adapter by the official client's own HTTP, on real sockets that fail in every way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import aiohttp
import pytest

from marquee_subgraphs.kit.settings import load_settings
from marquee_subgraphs.payments.adapters.factory import open_stripe
from marquee_subgraphs.payments.adapters.provider import ProviderRefused, ProviderUnanswered, ReceiptStatus
from marquee_subgraphs.payments.adapters.simulator import SimulatedBank
from marquee_subgraphs.payments.adapters.stripe_provider import StripeProvider
from marquee_subgraphs.payments.domain.intent import IntentStatus
from tests.subgraphs.payments.adapters.bank import SECRET, asking
from tests.subgraphs.payments.adapters.wire import FAULTS, Fault, Wire, wired
from tests.subgraphs.payments.money import soles

KEY = "sk_test_of_this_test"
SOON = 0.15
"""Seconds that a client waits which shall not wait."""


@dataclass(frozen=True, slots=True)
class Line:
    """Both ends, and the wire between them."""

    bank: SimulatedBank
    wire: Wire
    provider: StripeProvider
    hasty: StripeProvider
    """The same, waiting a moment only."""

    def taken(self) -> list[tuple[int, int, int]]:
        """Received, refunded and captures of every intent in the bank's books."""
        rows = self.bank.store.all_intents()
        return [(row["received"], row["refunded"], row["captures"]) for row in rows]


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[Line]:
    async with AsyncExitStack() as stack:
        bank = SimulatedBank(
            tmp_path / "bank.sqlite", public_url="http://bank.test", webhook_secret=SECRET, api_key=KEY
        )
        stack.push_async_callback(bank.close)
        wire = await stack.enter_async_context(wired(bank.app))
        settings = load_settings({}, stripe_key=KEY, stripe_webhook_secret=SECRET, stripe_url=wire.url)
        yield Line(
            bank,
            wire,
            open_stripe(settings, stack, timeout_seconds=5),
            open_stripe(settings, stack, timeout_seconds=SOON),
        )


async def test_every_call_carries_its_key_and_what_stripe_wants(line: Line) -> None:
    intent = await line.provider.authorize(asking())
    await line.provider.capture("pay_1", intent.provider_id)
    refund = await line.provider.refund("rfd_1", intent.provider_id, soles(1000))
    assert refund.status is ReceiptStatus.SUCCEEDED
    assert await line.provider.retrieve_refund(refund.provider_refund_id) == refund
    rest = await line.provider.refund("rfd_2", intent.provider_id, soles(3800))
    assert rest.status is ReceiptStatus.SUCCEEDED
    held = await line.provider.authorize(asking(payment_id="pay_2"))
    assert (await line.provider.cancel("pay_2", held.provider_id)).status is IntentStatus.CANCELED
    assert line.wire.keys() == [
        "authorize:pay_1",
        "capture:pay_1",
        "refund:rfd_1",
        "refund:rfd_2",
        "authorize:pay_2",
        "cancel:pay_2",
    ]
    assert line.taken() == [(4800, 4800, 1), (0, 0, 0)]

    first = line.wire.seen[0]
    assert (first.method, first.path) == ("POST", "/v1/payment_intents")
    assert first.headers["Authorization"] == f"Bearer {KEY}"
    assert first.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "X-Stripe-Client-Telemetry" not in first.headers
    form = {name: values[0] for name, values in parse_qs(first.body.decode()).items()}
    assert form["capture_method"] == "manual"
    assert form["metadata[payment_id]"] == "pay_1"
    assert (form["amount"], form["currency"], form["confirm"]) == ("4800", "pen", "true")


async def test_a_declined_card_is_an_answer_over_the_wire_too(line: Line) -> None:
    intent = await line.provider.authorize(asking("pm_card_chargeDeclinedInsufficientFunds"))
    assert (intent.status, intent.failure_code) == (
        IntentStatus.REQUIRES_PAYMENT_METHOD,
        "insufficient_funds",
    )


async def test_the_customer_answers_their_bank_in_a_browser(line: Line) -> None:
    intent = await line.provider.authorize(asking("pm_card_threeDSecureRequired"))
    assert intent.action_url == f"http://bank.test/bank/3ds/{intent.provider_id}"
    page = f"{line.wire.url}/bank/3ds/{intent.provider_id}"
    async with aiohttp.ClientSession() as browser:
        async with browser.get(page) as shown:
            assert shown.status == 200
        async with browser.post(page, data={"decision": "authorise"}, allow_redirects=False) as sent:
            assert sent.headers["Location"] == "http://cinema.test/orders/ord_1"
    assert (await line.provider.retrieve(intent.provider_id)).status is IntentStatus.REQUIRES_CAPTURE


Call = Callable[[StripeProvider, str, str], Awaitable[Any]]
READS: dict[str, Call] = {
    "find": lambda provider, intent, refund: provider.find("pay_1"),
    "retrieve": lambda provider, intent, refund: provider.retrieve(intent),
    "retrieve_refund": lambda provider, intent, refund: provider.retrieve_refund(refund),
    "booked": lambda provider, intent, refund: provider.booked(),
}
WRITES: dict[str, Call] = {
    "authorize": lambda provider, intent, refund: provider.authorize(asking(payment_id="pay_new")),
    "forestall": lambda provider, intent, refund: provider.forestall(asking(payment_id="pay_new")),
    "capture": lambda provider, intent, refund: provider.capture("pay_held", intent),
    "cancel": lambda provider, intent, refund: provider.cancel("pay_held", intent),
    "refund": lambda provider, intent, refund: provider.refund("rfd_2", refund, soles(500)),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", [*READS, *WRITES])
async def test_whatever_befalls_the_wire_is_unknown_and_asking_again_does_it_once(
    line: Line, name: str, fault: Fault
) -> None:
    taken = await line.provider.authorize(asking())
    await line.provider.capture("pay_1", taken.provider_id)
    refund = await line.provider.refund("rfd_1", taken.provider_id, soles(1000))
    held = await line.provider.authorize(asking(payment_id="pay_held"))
    call = (READS | WRITES)[name]
    subject = (held if name in WRITES else taken).provider_id
    other = taken.provider_id if name == "refund" else refund.provider_refund_id

    # What only reads is asked again by the HTTP client itself when a kept connection turns out dead.
    line.wire.faults.extend([fault] * (2 if name in READS and fault.startswith("cut") else 1))
    with pytest.raises(ProviderUnanswered):
        await call(line.hasty, subject, other)
    answer = await call(line.provider, subject, other)
    assert await call(line.provider, subject, other) == answer

    assert len(line.bank.store.all_intents()) == (3 if name in ("authorize", "forestall") else 2)
    received = 4800 if name == "capture" else 0
    refunded = 1500 if name == "refund" else 1000
    assert line.taken()[:2] == [(4800, refunded, 1), (received, 0, int(name == "capture"))]


async def test_a_key_that_is_not_taken_decides_nothing(line: Line) -> None:
    async with AsyncExitStack() as stack:
        settings = load_settings({}, stripe_key="sk_test_other", stripe_url=line.wire.url)
        stranger = open_stripe(settings, stack, timeout_seconds=5)
        with pytest.raises(ProviderUnanswered):
            await stranger.refund("rfd_1", "pi_1", soles(100))
    assert line.bank.store.all_intents() == []


async def test_what_is_refused_says_why(line: Line) -> None:
    with pytest.raises(ProviderRefused, match="resource_missing"):
        await line.provider.refund("rfd_1", "pi_of_nobody", soles(100))
    with pytest.raises(ProviderRefused, match="resource_missing"):
        await line.provider.authorize(asking("pm_card_nobody"))


async def test_nobody_listens(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        async with wired(lambda *_: None) as wire:  # type: ignore[arg-type]  # never asked
            settings = load_settings({}, stripe_key=KEY, stripe_url=wire.url)
        provider = open_stripe(settings, stack, timeout_seconds=5)
        with pytest.raises(ProviderUnanswered):
            await provider.authorize(asking())


async def test_books_longer_than_a_page_are_read_whole(line: Line) -> None:
    for number in range(230):
        line.bank.store.add_intent(
            amount=100,
            currency="pen",
            payment_method="pm_card_visa",
            return_url=None,
            metadata={"payment_id": f"pay_{number}"} if number else {},
        )
    booked = await line.provider.booked()
    assert [each.payment_id for each in booked] == [f"pay_{number}" for number in range(229, 0, -1)]


async def test_books_say_what_was_taken_and_given_back(line: Line) -> None:
    intent = await line.provider.authorize(asking())
    await line.provider.capture("pay_1", intent.provider_id)
    await line.provider.refund("rfd_1", intent.provider_id, soles(1000))
    [booked] = await line.provider.booked()
    assert (booked.payment_id, booked.status, booked.received, booked.refunded, booked.captures) == (
        "pay_1",
        "succeeded",
        4800,
        1000,
        1,
    )
