"""Refunds by staff and by tickets: parts, the whole, who may, and what cannot be given back."""

from __future__ import annotations

from typing import Any

from marquee_subgraphs.kit.audit import AuditLog
from marquee_subgraphs.kit.identity import ANONYMOUS
from tests.subgraphs.door import customer, staff
from tests.subgraphs.payments.conftest import CUSTOMER, MANAGER, REFUND, Cinema, clean


async def paid(cinema: Cinema, method: str = "pm_card_visa") -> Any:
    """An order that is paid; answers the payment."""
    payload = await cinema.pay(await cinema.tickets.place(), method)
    assert payload["payment"]["status"] == "CAPTURED"
    return payload["payment"]


async def test_a_part_is_given_back_at_once_and_keeps_the_tickets(any_cinema: Cinema) -> None:
    payment = await paid(any_cinema)
    payload = await any_cinema.refund(payment["id"], "10.50")
    assert payload["errors"] == []
    assert payload["refund"]["status"] == "COMPLETED"
    assert payload["refund"]["amount"] == {"amount": "10.50"}
    assert payload["payment"]["status"] == "PARTIALLY_REFUNDED"
    assert payload["payment"]["refunded"] == {"amount": "10.50"}
    completed = await any_cinema.tickets.hears("refund.completed")
    assert completed["amount"] == completed["refunded_total"] == {"minor": 1050, "currency": "PEN"}
    assert (completed["ticket_ids"], completed["whole"]) == ([], False)
    assert (completed["movie_id"], completed["cinema_id"]) == ("mov_1", "cin_1")
    assert "refund.requested" not in any_cinema.tickets.names()
    assert await any_cinema.refund(payment["id"], "10.50") == payload, "the same key, the same refund"
    await clean(any_cinema)


async def test_the_whole_is_asked_of_tickets_first(any_cinema: Cinema) -> None:
    payment = await paid(any_cinema)
    await any_cinema.refund(payment["id"], "8.00", key="key-00000009")
    payload = await any_cinema.refund(payment["id"])
    assert payload["refund"]["status"] == "COMPLETED"
    assert payload["refund"]["amount"] == {"amount": "40.00"}
    assert payload["payment"]["status"] == "REFUNDED"
    requested = await any_cinema.tickets.hears("refund.requested")
    assert requested == {
        "refund_id": payload["refund"]["id"],
        "payment_id": payment["id"],
        "order_id": requested["order_id"],
        "amount": {"minor": 4000, "currency": "PEN"},
        "reason": "The projector broke.",
        "by": "usr_manager",
    }
    completed = await any_cinema.tickets.hears("refund.completed", lambda payload: payload["whole"])
    assert completed["ticket_ids"] == ["tkt_1", "tkt_2"]
    assert completed["refunded_total"] == {"minor": 4800, "currency": "PEN"}
    again = await any_cinema.refund(payment["id"], key="key-00000003")
    assert [error["code"] for error in again["errors"]] == ["PAYMENT_NOT_REFUNDABLE"]
    await clean(any_cinema)


async def test_what_tickets_rejects_is_not_given_back(cinema: Cinema) -> None:
    cinema.tickets.approves = False
    payment = await paid(cinema)
    payload = await cinema.refund(payment["id"])
    assert payload["refund"]["status"] == "REJECTED"
    assert payload["payment"]["status"] == "CAPTURED"
    cinema.tickets.approves = True
    again = await cinema.refund(payment["id"], key="key-00000002")
    assert again["refund"]["status"] == "COMPLETED"
    await clean(cinema)


async def test_tickets_refunds_by_itself(any_cinema: Cinema) -> None:
    payment = await paid(any_cinema)
    approved = {
        "refund_id": "rfd_by_tickets",
        "order_id": "ord_1",
        "payment_id": payment["id"],
        "amount": {"minor": 2400, "currency": "PEN"},
        "ticket_ids": ["tkt_1"],
        "reason": "cancelled by the customer",
    }
    for _ in range(2):  # said twice, done once
        await any_cinema.tickets.say("refund.approved", "ord_1", approved)
    completed = await any_cinema.tickets.hears("refund.completed")
    assert completed["amount"] == {"minor": 2400, "currency": "PEN"}
    assert (completed["ticket_ids"], completed["whole"]) == (["tkt_1"], False)
    await any_cinema.tickets.say(
        "refund.approved", "ord_1", approved | {"refund_id": "rfd_rest", "ticket_ids": ["tkt_2"]}
    )
    rest = await any_cinema.tickets.hears("refund.completed", lambda payload: payload["whole"])
    assert rest["refunded_total"] == {"minor": 4800, "currency": "PEN"}
    assert await any_cinema.status(payment["id"]) == "REFUNDED"
    [intent] = any_cinema.bank.store.all_intents()
    assert intent["refunded"] == 4800
    await clean(any_cinema)


async def test_goodwill_given_before_lessens_what_tickets_gives_back(cinema: Cinema) -> None:
    payment = await paid(cinema)
    await cinema.refund(payment["id"], "8.00")
    approved = {
        "refund_id": "rfd_by_tickets",
        "order_id": "ord_1",
        "payment_id": payment["id"],
        "amount": {"minor": 4800, "currency": "PEN"},
        "ticket_ids": ["tkt_1", "tkt_2"],
        "reason": "showtime cancelled",
    }
    await cinema.tickets.say("refund.approved", "ord_1", approved)
    completed = await cinema.tickets.hears("refund.completed", lambda payload: payload["whole"])
    assert completed["amount"] == {"minor": 4000, "currency": "PEN"}
    await cinema.tickets.say("refund.approved", "ord_1", approved | {"refund_id": "rfd_again"})
    failed = await cinema.tickets.hears("refund.failed")
    assert (failed["refund_id"], failed["reason"]) == ("rfd_again", "nothing_left")
    await clean(cinema)


async def test_a_bank_that_gives_nothing_back_is_told_to_tickets(cinema: Cinema) -> None:
    payment = await paid(cinema, "pm_card_refundFails")
    payload = await cinema.refund(payment["id"])
    assert payload["refund"]["status"] == "FAILED"
    assert payload["payment"]["status"] == "CAPTURED"
    assert (await cinema.tickets.hears("refund.failed"))["reason"] == "declined"
    again = await cinema.refund(payment["id"], "1.00", key="key-00000002")
    assert again["refund"]["status"] == "FAILED", "what failed is not counted as given"
    await clean(cinema)


STRANGERS = [
    ANONYMOUS,
    CUSTOMER,
    customer("usr_2"),
    staff(role="manager", cinemas=["cin_1"]),
    staff("refunds:write", role="manager", cinemas=["cin_2"]),
    staff("refunds:write", role="manager"),
]


async def test_only_managers_of_the_cinema_refund(cinema: Cinema) -> None:
    payment = await paid(cinema)
    for viewer in STRANGERS:
        payload = await cinema.refund(payment["id"], viewer=viewer)
        assert payload is None or payload["refund"] is None
        assert [error["code"] for error in payload["errors"]] in (["NOT_ALLOWED"], ["UNAUTHENTICATED"])
    assert await cinema.status(payment["id"]) == "CAPTURED"
    assert (await cinema.refund(payment["id"], "1.00", viewer=staff("refunds:write")))["errors"] == []


async def test_a_refund_leaves_a_trace_of_who_and_why(cinema: Cinema) -> None:
    payment = await paid(cinema)
    refund = (await cinema.refund(payment["id"], "1.00"))["refund"]
    async with cinema.service.database.read() as connection:
        [entry] = await AuditLog(cinema.clock).entries(connection, target=payment["id"])
    assert (entry.actor_id, entry.actor_role, entry.action, entry.reason) == (
        "usr_manager",
        "manager",
        "refundPayment",
        "The projector broke.",
    )
    assert entry.after == {"refund": refund["id"], "amount": "1.00 PEN", "whole": False}


UNGIVABLE: list[tuple[dict[str, Any], str]] = [
    ({"amount": {"amount": "48.01", "currency": "PEN"}}, "REFUND_EXCEEDS_PAYMENT"),
    ({"amount": {"amount": "1.00", "currency": "EUR"}}, "REFUND_EXCEEDS_PAYMENT"),
    ({"amount": {"amount": "0", "currency": "PEN"}}, "REFUND_EXCEEDS_PAYMENT"),
    ({"amount": {"amount": "-1.00", "currency": "PEN"}}, "REFUND_EXCEEDS_PAYMENT"),
    ({"amount": {"amount": "0.001", "currency": "PEN"}}, "INVALID_INPUT"),
    ({"amount": {"amount": "999999999999.00", "currency": "PEN"}}, "REFUND_EXCEEDS_PAYMENT"),
    ({"paymentId": "pay_unheard"}, "NOT_FOUND"),
    ({"paymentId": ""}, "INVALID_INPUT"),
    ({"reason": "  "}, "INVALID_INPUT"),
    ({"reason": "x" * 501}, "INVALID_INPUT"),
    ({"idempotencyKey": "short"}, "INVALID_INPUT"),
]


async def test_what_cannot_be_given_back_is_refused(cinema: Cinema) -> None:
    payment = await paid(cinema)
    usual = {"paymentId": payment["id"], "reason": "Goodwill.", "idempotencyKey": "key-00000001"}
    for changes, code in UNGIVABLE:
        payload = (await cinema.door.ask(REFUND, {"input": usual | changes}, MANAGER)).only()
        assert payload["refund"] is None
        assert [error["code"] for error in payload["errors"]] == [code], changes
    assert await cinema.status(payment["id"]) == "CAPTURED"


async def test_what_was_never_taken_cannot_be_given_back(cinema: Cinema) -> None:
    payload = await cinema.pay(await cinema.tickets.place(), "pm_card_chargeDeclined")
    refused = await cinema.refund(payload["payment"]["id"])
    assert [error["code"] for error in refused["errors"]] == ["PAYMENT_NOT_REFUNDABLE"]
