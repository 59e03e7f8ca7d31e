"""The adapter against the simulated bank, through the official client: every answer a card can give."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from marquee_subgraphs.payments.adapters.in_process import InProcessClient, call
from marquee_subgraphs.payments.adapters.provider import (
    ProviderRefused,
    ProviderUnanswered,
    ReceiptStatus,
    WebhookRejected,
)
from marquee_subgraphs.payments.adapters.simulator.wire import sign
from marquee_subgraphs.payments.adapters.stripe_provider import StripeProvider
from marquee_subgraphs.payments.domain.intent import IntentStatus
from tests.subgraphs.payments.adapters.bank import SECRET, Bank, asking, open_bank
from tests.subgraphs.payments.money import soles


@pytest.fixture
async def bank(tmp_path: Path) -> AsyncIterator[Bank]:
    bank = open_bank(tmp_path / "bank.sqlite")
    yield bank
    await bank.simulator.close()


async def test_an_accepted_card_is_reserved_then_taken(bank: Bank) -> None:
    intent = await bank.provider.authorize(asking())
    assert (intent.status, intent.payment_id, intent.amount) == (
        IntentStatus.REQUIRES_CAPTURE,
        "pay_1",
        soles(4800),
    )
    taken = await bank.provider.capture("pay_1", intent.provider_id)
    assert (taken.status, taken.received) == (IntentStatus.SUCCEEDED, soles(4800))
    assert await bank.provider.retrieve(intent.provider_id) == taken


async def test_asking_twice_reserves_once(bank: Bank) -> None:
    first = await bank.provider.authorize(asking())
    again = await bank.provider.authorize(asking())
    assert first == again
    assert len(bank.simulator.store.all_intents()) == 1


async def test_the_same_key_with_another_amount_is_refused(bank: Bank) -> None:
    await bank.provider.authorize(asking())
    with pytest.raises(ProviderRefused, match="idempotency_error"):
        await bank.provider.authorize(asking(amount_minor=1))


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ("pm_card_chargeDeclined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"),
    ],
)
async def test_a_declined_card_is_an_answer_and_says_why(bank: Bank, card: str, code: str) -> None:
    intent = await bank.provider.authorize(asking(card))
    assert (intent.status, intent.failure_code) == (IntentStatus.REQUIRES_PAYMENT_METHOD, code)
    assert intent.payment_id == "pay_1"
    assert await bank.provider.authorize(asking(card)) == intent, "asked again, the bank says the same"
    assert (await bank.provider.retrieve(intent.provider_id)).failure_code == code


async def test_an_unknown_card_is_refused(bank: Bank) -> None:
    with pytest.raises(ProviderRefused, match="resource_missing"):
        await bank.provider.authorize(asking("pm_card_nobody"))
    assert bank.simulator.store.all_intents() == []


async def test_a_lost_answer_is_unknown_until_it_is_asked_for_again(tmp_path: Path) -> None:
    bank = open_bank(tmp_path / "bank.sqlite", timeout_seconds=0.05)
    with pytest.raises(ProviderUnanswered):
        await bank.provider.authorize(asking("pm_card_timeout"))
    found = await bank.provider.find("pay_1")
    assert found is not None
    assert found.status is IntentStatus.REQUIRES_CAPTURE
    assert await bank.provider.authorize(asking("pm_card_timeout")) == found
    await bank.simulator.close()


async def test_a_request_that_is_forestalled_reserves_nothing_when_it_comes_late(bank: Bank) -> None:
    empty = await bank.provider.forestall(asking())
    assert empty is not None
    assert empty.status is IntentStatus.REQUIRES_CONFIRMATION
    assert await bank.provider.forestall(asking()) == empty
    with pytest.raises(ProviderRefused, match="idempotency_error"):
        await bank.provider.authorize(asking())
    assert (await bank.provider.cancel("pay_1", empty.provider_id)).status is IntentStatus.CANCELED


async def test_a_request_that_has_arrived_cannot_be_forestalled(bank: Bank) -> None:
    await bank.provider.authorize(asking())
    assert await bank.provider.forestall(asking()) is None


async def test_nothing_is_found_of_a_payment_that_never_came(bank: Bank) -> None:
    assert await bank.provider.find("pay_unheard") is None


@pytest.mark.parametrize(
    ("decision", "status"),
    [
        ("authorise", IntentStatus.REQUIRES_CAPTURE),
        ("refuse", IntentStatus.REQUIRES_PAYMENT_METHOD),
    ],
)
async def test_three_d_secure_waits_for_the_customer(bank: Bank, decision: str, status: IntentStatus) -> None:
    intent = await bank.provider.authorize(asking("pm_card_threeDSecure2Required"))
    assert intent.status is IntentStatus.REQUIRES_ACTION
    assert intent.action_url == f"http://cinema.test/bank/3ds/{intent.provider_id}"
    page, code, headers = await call(bank.simulator.app, "GET", intent.action_url, {}, b"")
    assert code == 200
    assert b"48.00 PEN" in page
    assert b"http" not in page
    assert headers["content-security-policy"].startswith("default-src 'none'")
    form = {"content-type": "application/x-www-form-urlencoded"}
    body = f"decision={decision}".encode()
    _, code, headers = await call(bank.simulator.app, "POST", intent.action_url, form, body)
    assert (code, headers["location"]) == (303, "http://cinema.test/orders/ord_1")
    decided = await bank.provider.retrieve(intent.provider_id)
    assert decided.status is status
    if decision == "refuse":
        assert decided.failure_code == "authentication_failed"


async def test_a_cancelled_intent_lets_go_and_a_taken_one_says_so(bank: Bank) -> None:
    held = await bank.provider.authorize(asking())
    assert (await bank.provider.cancel("pay_1", held.provider_id)).status is IntentStatus.CANCELED
    with pytest.raises(ProviderRefused, match="payment_intent_unexpected_state"):
        await bank.provider.capture("pay_1", held.provider_id)

    taken = await bank.provider.authorize(asking(payment_id="pay_2"))
    await bank.provider.capture("pay_2", taken.provider_id)
    assert (await bank.provider.cancel("pay_2", taken.provider_id)).status is IntentStatus.SUCCEEDED


async def test_a_capture_can_fail_for_good(bank: Bank) -> None:
    intent = await bank.provider.authorize(asking("pm_card_captureFails"))
    with pytest.raises(ProviderRefused, match="capture_charge_authorization_expired"):
        await bank.provider.capture("pay_1", intent.provider_id)
    assert (await bank.provider.retrieve(intent.provider_id)).status is IntentStatus.REQUIRES_CAPTURE


async def test_refunds_never_exceed_what_was_taken(bank: Bank) -> None:
    intent = await bank.provider.authorize(asking())
    await bank.provider.capture("pay_1", intent.provider_id)
    part = await bank.provider.refund("rfd_1", intent.provider_id, soles(1000))
    assert part.status is ReceiptStatus.SUCCEEDED
    assert await bank.provider.refund("rfd_1", intent.provider_id, soles(1000)) == part, "once per key"
    with pytest.raises(ProviderRefused):
        await bank.provider.refund("rfd_2", intent.provider_id, soles(3801))
    await bank.provider.refund("rfd_3", intent.provider_id, soles(3800))
    with pytest.raises(ProviderRefused, match="charge_already_refunded"):
        await bank.provider.refund("rfd_4", intent.provider_id, soles(1))
    assert await bank.provider.retrieve_refund(part.provider_refund_id) == part


async def test_a_refund_can_fail(bank: Bank) -> None:
    intent = await bank.provider.authorize(asking("pm_card_refundFails"))
    await bank.provider.capture("pay_1", intent.provider_id)
    receipt = await bank.provider.refund("rfd_1", intent.provider_id, soles(4800))
    assert (receipt.status, receipt.failure) == (ReceiptStatus.FAILED, "declined")


async def test_what_the_bank_knows_survives_a_restart(tmp_path: Path) -> None:
    bank = open_bank(tmp_path / "bank.sqlite")
    intent = await bank.provider.authorize(asking())
    await bank.simulator.close()
    reopened = open_bank(tmp_path / "bank.sqlite")
    assert await reopened.provider.find("pay_1") == intent
    assert await reopened.provider.authorize(asking()) == intent
    await reopened.simulator.close()


async def test_webhooks_are_signed_and_tell_what_to_look_at(tmp_path: Path) -> None:
    received: list[tuple[bytes, str]] = []

    async def deliver(body: bytes, signature: str) -> int:
        received.append((body, signature))
        return 200

    bank = open_bank(tmp_path / "bank.sqlite", deliver=deliver)
    intent = await bank.provider.authorize(asking())
    await bank.provider.capture("pay_1", intent.provider_id)
    await bank.provider.refund("rfd_1", intent.provider_id, soles(100))
    assert await bank.simulator.sender.deliver_due(twice=True, reverse=True) == 3
    notices = [bank.provider.read_webhook(body, signature) for body, signature in received]
    assert [notice.kind for notice in notices[::2]] == [
        "refund.created",
        "payment_intent.succeeded",
        "payment_intent.amount_capturable_updated",
    ]
    assert notices[0] == notices[1]
    assert notices[0].refund_id == "rfd_1"
    assert {notice.provider_id for notice in notices} == {intent.provider_id}
    assert notices[2].payment_id == "pay_1"
    assert await bank.simulator.sender.deliver_due() == 0
    await bank.simulator.close()


async def test_a_webhook_that_is_not_answered_comes_again(tmp_path: Path) -> None:
    statuses = [500, 200]

    async def deliver(body: bytes, signature: str) -> int:
        return statuses.pop(0)

    bank = open_bank(tmp_path / "bank.sqlite", deliver=deliver)
    await bank.provider.authorize(asking())
    assert await bank.simulator.sender.deliver_due() == 0
    assert await bank.simulator.sender.deliver_due() == 0, "not due before its pause is over"
    await bank.simulator.close()
    assert statuses == [200]


def _event(**changes: object) -> bytes:
    subject = {"object": "payment_intent", "id": "pi_1", "metadata": {"payment_id": "pay_1"}}
    return json.dumps(
        {"id": "evt_1", "object": "event", "type": "payment_intent.succeeded", "data": {"object": subject}}
        | changes
    ).encode()


@pytest.mark.parametrize(
    ("body", "signature"),
    [
        (_event(), None),
        (_event(), ""),
        (_event(), "nonsense"),
        (_event(), sign(_event(), "whsec_other", 2_000_000_000)),
        (_event(), sign(_event(), SECRET, 1_000_000_000)),
        (_event(), sign(_event(id="evt_2"), SECRET, 2_000_000_000)),
        (b"\xff\xfe", sign(b"\xff\xfe", SECRET, 2_000_000_000)),
        (b"[]", sign(b"[]", SECRET, 2_000_000_000)),
        (b"{}", sign(b"{}", SECRET, 2_000_000_000)),
        (b"not json", sign(b"not json", SECRET, 2_000_000_000)),
    ],
)
async def test_a_forged_old_or_broken_webhook_is_rejected(
    bank: Bank, body: bytes, signature: str | None
) -> None:
    with pytest.raises(WebhookRejected):
        bank.provider.read_webhook(body, signature)


async def test_a_stranger_with_the_wrong_key_learns_nothing(bank: Bank) -> None:
    client = InProcessClient(bank.simulator.app, timeout_seconds=5)
    stranger = StripeProvider("sk_test_wrong", SECRET, client, base_url="http://bank.test")
    with pytest.raises(ProviderUnanswered):
        await stranger.authorize(asking())
    assert bank.simulator.store.all_intents() == []


@pytest.mark.parametrize(
    "body",
    [
        b"amount=-1&currency=pen&capture_method=manual&payment_method=pm_card_visa",
        b"amount=999999999999999999999&currency=pen&capture_method=manual&payment_method=pm_card_visa",
        b"amount=1&currency=pen&payment_method=pm_card_visa",
        b"amount=1&currency[x]=pen&capture_method=manual&payment_method=pm_card_visa",
        b"amount=1&amount[x]=2",
        b"a[b=1",
        b"\xff\xff",
        b"&".join(b"a=1" for _ in range(300)),
        b"",
    ],
)
async def test_a_bad_request_changes_nothing(bank: Bank, body: bytes) -> None:
    headers = {"authorization": "Bearer sk_test_simulated", "idempotency-key": "k"}
    answer, status, _ = await call(
        bank.simulator.app, "POST", "http://bank.test/v1/payment_intents", headers, body
    )
    assert status == 400
    assert json.loads(answer)["error"]["type"] == "invalid_request_error"
    assert bank.simulator.store.all_intents() == []
