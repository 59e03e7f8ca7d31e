"""What people are told: once, in their language, at the right address, and nobody else's."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from marquee_subgraphs.kit.clock import FrozenClock
from marquee_subgraphs.kit.identity import ANONYMOUS, Viewer
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.notifications.app import build
from marquee_subgraphs.notifications.domain.records import MessageRecord
from tests.subgraphs.conftest import OpenDoor
from tests.subgraphs.door import Door, customer, staff
from tests.subgraphs.incoming_events import emit, make_event

ANA_ID = "usr_01KF1D0X80ANA0000000000000"
ANA = customer(ANA_ID)
SUPPORT = staff("mail:read", "mail:send")
MINE = """query ($r: [_Any!]!) { _entities(representations: $r) { ... on User {
  notifications { unreadCount nodes { id kind title body readAt } }
  emails { nodes { to subject text html status } } } } }"""
ALL_MAIL = "{ emails { totalCount nodes { to subject text status failure } } }"
SEND = """mutation ($input: SendEmailInput!) {
  sendEmail(input: $input) { email { id to subject } errors { code message path } } }"""
ORDER: dict[str, Any] = {
    "order_id": "ord_1",
    "number": "MQ-AAAA-BBBB",
    "user_id": ANA_ID,
    "email": None,
    "locale": "es",
    "showtime_id": "shw_1",
    "movie_id": "mov_1",
    "movie_title": "Metropolis <script>",
    "cinema_id": "cin_1",
    "cinema_name": "Marquee Barranco",
    "total": {"minor": 4800, "currency": "PEN"},
    "expires_at": "2026-01-15T18:10:00+00:00",
    "seat_labels": ["C10", "C11"],
}
CONFIRMED: dict[str, Any] = {
    **ORDER,
    "payment_id": "pay_1",
    "starts_at": "2026-01-17T01:00:00+00:00",
    "time_zone": "America/Lima",
    "tickets": [
        {"ticket_id": "tkt_1", "seat_label": "C10", "kind": "STANDARD", "qr_code": "MQ1:A:1:B"},
        {"ticket_id": "tkt_2", "seat_label": "C11", "kind": "STANDARD", "qr_code": "MQ1:C:1:D"},
    ],
}


class Carrier:
    """Takes messages, or fails as often as told."""

    def __init__(self) -> None:
        self.taken: list[MessageRecord] = []
        self.failures = 0

    async def carry(self, message: MessageRecord) -> None:
        """Take one, unless it is to fail."""
        if self.failures:
            self.failures -= 1
            raise ConnectionRefusedError("no mail server")
        self.taken.append(message)


@pytest.fixture
def carrier() -> Carrier:
    return Carrier()


@pytest.fixture
async def door(open_any_door: OpenDoor, any_runtime: Runtime, carrier: Carrier) -> Door:
    door = await open_any_door(lambda runtime: build(runtime, mailer=carrier))
    payload = {
        "user_id": ANA_ID,
        "name": "Ana",
        "email": "ana@marquee.test",
        "locale": "es",
        "role": "customer",
    }
    await emit(any_runtime, make_event(any_runtime, "user.registered", payload, aggregate_id=ANA_ID))
    return door


async def mine(door: Door, viewer: Viewer = ANA) -> Any:
    representations = [{"__typename": "User", "id": ANA_ID}]
    return (await door.ask(MINE, {"r": representations}, viewer=viewer)).only()[0]


async def test_tickets_come_once_in_ones_language_with_their_codes(door: Door, any_runtime: Runtime) -> None:
    event = make_event(any_runtime, "order.confirmed", CONFIRMED, aggregate_id="ord_1")
    await emit(any_runtime, event, event)
    await emit(any_runtime, event)
    told = await mine(door)
    assert sorted(each["kind"] for each in told["notifications"]["nodes"]) == ["ORDER_CONFIRMED", "WELCOME"]
    assert told["notifications"]["unreadCount"] == 2
    [mail] = [each for each in told["emails"]["nodes"] if each["subject"].startswith("Tus entradas")]
    assert mail["subject"] == "Tus entradas para Metropolis <script>"
    assert "16 ene 2026, 20:00" in mail["text"], "the cinema's time, not ours"
    assert "48.00 PEN" in mail["text"]
    assert "MQ1:A:1:B" in mail["text"]
    assert mail["html"].count("data:image/png;base64,") == 2
    assert "<script>" not in mail["html"]


async def test_a_guest_is_told_by_mail(door: Door, any_runtime: Runtime) -> None:
    guest = {**CONFIRMED, "order_id": "ord_2", "user_id": None, "email": "guest@example.com", "locale": "en"}
    await emit(any_runtime, make_event(any_runtime, "order.confirmed", guest, aggregate_id="ord_2"))
    answer = await door.ask(ALL_MAIL, viewer=SUPPORT)
    subjects = {mail["to"]: mail["subject"] for mail in answer.only()["nodes"]}
    assert subjects["guest@example.com"] == "Your tickets for Metropolis <script>"


async def test_a_ticket_that_moved_comes_with_its_new_code(door: Door, any_runtime: Runtime) -> None:
    moved = {
        **CONFIRMED,
        "ticket_id": "tkt_1",
        "previous_seat_label": "C10",
        "seat_label": "D4",
        "qr_code": "MQ1:A:2:C",
    }
    await emit(any_runtime, make_event(any_runtime, "ticket.reseated", moved, aggregate_id="tkt_1"))
    told = await mine(door)
    [mail] = [each for each in told["emails"]["nodes"] if "nueva butaca" in each["subject"]]
    assert "de C10 a D4" in mail["text"]
    assert "MQ1:A:2:C" in mail["text"]


async def test_whose_turn_it_is_gets_the_way_to_the_seats(door: Door, any_runtime: Runtime) -> None:
    offer = {
        "entry_id": "wait_1",
        "user_id": ANA_ID,
        "email": None,
        "locale": "es",
        "showtime_id": "shw_1",
        "movie_id": "mov_1",
        "movie_title": "Metropolis",
        "cinema_name": "Marquee Barranco",
        "starts_at": "2026-01-17T01:00:00+00:00",
        "time_zone": "America/Lima",
        "seat_labels": ["C10", "C11"],
        "expires_at": "2026-01-15T18:20:00+00:00",
        "hold_token": "hold_1.seal",
    }
    guest = {**offer, "user_id": None, "email": "guest@example.com", "locale": "en"}
    await emit(any_runtime, make_event(any_runtime, "movie.created", FILM, aggregate_id="mov_1"))
    await emit(any_runtime, make_event(any_runtime, "waitlist.offered", offer, aggregate_id="wait_1"))
    await emit(any_runtime, make_event(any_runtime, "waitlist.offered", guest, aggregate_id="wait_2"))
    told = await mine(door)
    assert "SEATS_OFFERED" in [each["kind"] for each in told["notifications"]["nodes"]]
    [mail] = [each for each in told["emails"]["nodes"] if "Butacas" in each["subject"]]
    assert "tuyas hasta el 15 ene 2026, 13:20" in mail["subject"], "by the cinema's clock"
    assert "Metrópolis" in mail["subject"]
    assert "http://127.0.0.1:8080/#/showtimes/shw_1/hold/hold_1.seal" in mail["text"]
    assert 'href="http://127.0.0.1:8080/#/showtimes/shw_1/hold/hold_1.seal"' in mail["html"]
    subjects = {
        each["to"]: each["subject"] for each in (await door.ask(ALL_MAIL, viewer=SUPPORT)).only()["nodes"]
    }
    assert subjects["guest@example.com"].startswith("Seats for Metropolis: yours until 15 Jan 2026, 13:20")


async def test_everybody_with_tickets_hears_of_a_cancelled_showtime_and_nobody_else(
    door: Door, any_runtime: Runtime
) -> None:
    def guest(number: int) -> dict[str, Any]:
        return {**CONFIRMED, "order_id": f"ord_{number}", "user_id": None, "email": f"g{number}@example.com"}

    for number in range(4):
        name = "order.confirmed"
        await emit(any_runtime, make_event(any_runtime, name, guest(number), aggregate_id=f"ord_{number}"))
    gone = {**guest(3), "reason": "changed plans"}
    await emit(any_runtime, make_event(any_runtime, "order.cancelled", gone, aggregate_id="ord_3", version=2))
    off = {
        "showtime_id": "shw_1",
        "movie_title": "Metropolis",
        "starts_at": CONFIRMED["starts_at"],
        "reason": "projector",
    }
    await emit(any_runtime, make_event(any_runtime, "showtime.cancelled", off, aggregate_id="shw_1"))
    mails = (await door.ask(ALL_MAIL, viewer=SUPPORT)).only()["nodes"]
    told = sorted(mail["to"] for mail in mails if mail["subject"].startswith("Función cancelada"))
    assert told == ["g0@example.com", "g1@example.com", "g2@example.com"]


async def test_a_refund_that_overtakes_its_order_waits_for_it(
    door: Door, any_runtime: Runtime, clock: FrozenClock
) -> None:
    refund = {
        "refund_id": "ref_1",
        "order_id": "ord_9",
        "amount": {"minor": 100, "currency": "PEN"},
        "whole": True,
    }
    await any_runtime.broker.publish(
        [make_event(any_runtime, "refund.completed", refund, aggregate_id="ord_9")]
    )
    await any_runtime.broker.publish(
        [make_event(any_runtime, "order.placed", {**ORDER, "order_id": "ord_9"}, aggregate_id="ord_9")]
    )
    async with asyncio.timeout(5):
        while "REFUND_COMPLETED" not in str(await mine(door)):
            clock.advance(timedelta(seconds=5))
            await asyncio.sleep(0)


async def test_a_mail_that_fails_comes_again_and_is_given_up_at_last(
    door: Door, carrier: Carrier, clock: FrozenClock, any_runtime: Runtime
) -> None:
    service = door.subgraph.service
    await service.delivery.carry()
    taken = len(carrier.taken)
    carrier.failures = 2
    await emit(any_runtime, make_event(any_runtime, "order.confirmed", CONFIRMED, aggregate_id="ord_1"))
    for _ in range(3):
        await service.delivery.carry()
        clock.advance(timedelta(hours=7))
    await service.delivery.carry()
    assert len(carrier.taken) == taken + 1
    carrier.failures = 1_000
    failed = {**CONFIRMED, "order_id": "ord_2"}
    await emit(any_runtime, make_event(any_runtime, "order.confirmed", failed, aggregate_id="ord_2"))
    for _ in range(8):
        await service.delivery.carry()
        clock.advance(timedelta(hours=7))
    mails = (await door.ask(ALL_MAIL, viewer=SUPPORT)).only()["nodes"]
    assert [(mail["status"], mail["failure"]) for mail in mails] == [
        ("FAILED", "ConnectionRefusedError: no mail server"),
        ("SENT", None),
        ("SENT", None),
    ]


async def test_nobody_reads_what_another_was_told(door: Door) -> None:
    for viewer in (customer("usr_bruno"), ANONYMOUS, SUPPORT):
        assert await mine(door, viewer) == {"notifications": None, "emails": None}
    assert (await door.ask(ALL_MAIL, viewer=customer("usr_bruno"))).codes == ["NOT_ALLOWED"]


async def test_one_marks_ones_own_as_read(door: Door) -> None:
    read = """mutation ($input: MarkNotificationReadInput!) {
      markNotificationRead(input: $input) { notifications { readAt } errors { code } } }"""
    [notification] = (await mine(door))["notifications"]["nodes"]
    theirs = {"input": {"notificationIds": [notification["id"]]}}
    refused = (await door.ask(read, theirs, viewer=customer("usr_bruno"))).only()
    assert refused == {"notifications": [], "errors": []}
    assert (await mine(door))["notifications"]["unreadCount"] == 1
    await door.ask(read, {"input": {"notificationIds": []}}, viewer=ANA)
    assert (await mine(door))["notifications"]["unreadCount"] == 0


async def test_notifications_arrive_live_for_their_owner_only(door: Door, any_runtime: Runtime) -> None:
    query = "subscription { notificationReceived { kind title } }"
    async with (
        door.subscribe(query, viewer=ANA) as mine_,
        door.subscribe(query, viewer=ANONYMOUS) as nobodys,
    ):
        refused = await anext(nobodys)
        assert refused["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        waiting = asyncio.ensure_future(anext(mine_))
        version = 2
        while not waiting.done():  # the subscription may open after the first of them
            points = {"user_id": ANA_ID, "points": 240, "order_id": "ord_1", "reason": "purchase"}
            event = make_event(
                any_runtime, "loyalty.points_earned", points, aggregate_id="mbr_1", version=version
            )
            await emit(any_runtime, event)
            version += 1
            await asyncio.sleep(0)
        assert (await waiting)["data"]["notificationReceived"]["title"] == "240 puntos en camino"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"template": "order_confirmed"}, "INVALID_INPUT"),
        ({"template": "../../etc/passwd"}, "INVALID_INPUT"),
        ({"variables": []}, "INVALID_INPUT"),
        ({"variables": [{"name": "item", "value": "x" * 5_000}]}, "INVALID_INPUT"),
        ({"variables": [{"name": "item", "value": "a"}, {"name": "evil", "value": "b"}]}, "INVALID_INPUT"),
        ({"userId": "usr_7ZZZZZZZZZZZZZZZZZZZZZZZZZ"}, "PERSON_UNREACHABLE"),
        ({"idempotencyKey": "short"}, "INVALID_INPUT"),
    ],
)
async def test_staff_send_only_the_messages_made_for_it(
    door: Door, changes: dict[str, Any], code: str
) -> None:
    payload = (await door.ask(SEND, {"input": {**_lost("an umbrella"), **changes}}, viewer=SUPPORT)).only()
    assert payload["email"] is None
    assert {error["code"] for error in payload["errors"]} == {code}
    assert (await door.ask(ALL_MAIL, viewer=SUPPORT)).only()["totalCount"] == 1


async def test_values_are_text_never_templates_nor_headers(door: Door) -> None:
    payload = (
        await door.ask(SEND, {"input": _lost("{{ 7 * 7 }} <img src=x>\nBcc: everyone@x")}, viewer=SUPPORT)
    ).only()
    assert payload["errors"] == []
    answer = await door.ask("{ emails { nodes { subject text html } } }", viewer=SUPPORT)
    [mail] = [each for each in answer.only()["nodes"] if "7 * 7" in each["text"]]
    assert "{{ 7 * 7 }}" in mail["text"]
    assert "<img src=x>" not in mail["html"]
    assert "\n" not in mail["subject"]


async def test_the_same_key_sends_once(door: Door, carrier: Carrier) -> None:
    asked = [door.ask(SEND, {"input": _lost("a hat")}, viewer=SUPPORT) for _ in range(8)]
    ids = {answer.only()["email"]["id"] for answer in await asyncio.gather(*asked)}
    assert len(ids) == 1
    other = (await door.ask(SEND, {"input": _lost("a scarf")}, viewer=SUPPORT)).only()
    assert [error["code"] for error in other["errors"]] == ["IDEMPOTENCY_CONFLICT"]
    nobody = (await door.ask(SEND, {"input": _lost("a hat")}, viewer=ANA)).only()
    assert [error["code"] for error in nobody["errors"]] == ["NOT_ALLOWED"]


async def test_who_asks_to_be_forgotten_leaves_nothing(door: Door, any_runtime: Runtime) -> None:
    await emit(
        any_runtime,
        make_event(any_runtime, "order.confirmed", CONFIRMED, aggregate_id="ord_1"),
        make_event(
            any_runtime, "user.erasure_requested", {"user_id": ANA_ID}, aggregate_id=ANA_ID, version=2
        ),
    )
    told = await mine(door)
    assert told == {"notifications": {"unreadCount": 0, "nodes": []}, "emails": {"nodes": []}}
    assert (await door.ask(ALL_MAIL, viewer=SUPPORT)).only()["totalCount"] == 0


def _lost(item: str) -> dict[str, Any]:
    return {
        "userId": ANA_ID,
        "template": "lost_property",
        "variables": [{"name": "item", "value": item}],
        "idempotencyKey": "lost-property-1",
    }


FILM: dict[str, Any] = {
    "movie_id": "mov_1",
    "title": "Metropolis",
    "titles": {"es": "Metrópolis", "fr": "Métropolis"},
}


async def test_films_tiers_and_roles_are_called_as_their_reader_does(
    door: Door, any_runtime: Runtime
) -> None:
    guest = {**CONFIRMED, "order_id": "ord_2", "user_id": None, "email": "guest@example.com", "locale": "en"}
    expired = {name: value for name, value in ORDER.items() if name != "movie_id"}
    tiers = {"user_id": ANA_ID, "tier": "GOLD", "previous": "SILVER"}
    role = {"user_id": ANA_ID, "role": "box_office"}
    for type_, payload, aggregate_id, version in (
        ("movie.created", FILM, "mov_1", 1),
        ("order.confirmed", CONFIRMED, "ord_1", 1),
        ("order.confirmed", guest, "ord_2", 1),
        ("order.expired", expired, "ord_1", 2),
        ("membership.tier_changed", tiers, "mbr_1", 1),
        ("user.role_changed", role, ANA_ID, 2),
    ):
        await emit(
            any_runtime, make_event(any_runtime, type_, payload, aggregate_id=aggregate_id, version=version)
        )
    mails = (await door.ask(ALL_MAIL, viewer=SUPPORT)).only()["nodes"]
    of_ana = "\n".join(mail["subject"] + mail["text"] for mail in mails if mail["to"] == "ana@marquee.test")
    assert "Tus entradas para Metrópolis" in of_ana
    assert "No llegó el pago de Metrópolis a tiempo" in of_ana
    assert "Ahora eres Oro" in of_ana
    assert "Antes Plata" in of_ana
    assert "boletería" in of_ana
    [english] = [mail for mail in mails if mail["to"] == "guest@example.com"]
    assert english["subject"] == "Your tickets for Metropolis <script>", "no English title was given"


@pytest.mark.parametrize(
    ("reason", "subjects"),
    [
        ("SEATS_LOST", {"No pudimos completar tu pedido MQ-AAAA-BBBB"}),
        ("ALREADY_PAID", {"No pudimos completar tu pedido MQ-AAAA-BBBB"}),
        (
            "ORDER_FAILED",
            {"No pudimos completar tu pedido MQ-AAAA-BBBB", "Las butacas ya no estaban libres"},
        ),
    ],
)
async def test_a_sale_that_failed_is_told_once_without_codes(
    door: Door, any_runtime: Runtime, reason: str, subjects: set[str]
) -> None:
    refused = {"order_id": "ord_1", "payment_id": "pay_1", "user_id": ANA_ID, "reason": reason}
    for type_, payload in (
        ("order.failed", {**ORDER, "reason": "The seats were lost."}),
        ("order.sale_refused", {**refused, "email": None, "locale": "es"}),
    ):
        await emit(any_runtime, make_event(any_runtime, type_, payload, aggregate_id="ord_1", version=1))
    mails = [mail for mail in (await mine(door))["emails"]["nodes"] if "Bienvenida" not in mail["subject"]]
    assert {mail["subject"] for mail in mails} == subjects
    assert all(reason not in mail["text"] and "seats" not in mail["text"] for mail in mails)


SEND_SMS = """mutation ($input: SendSmsInput!) {
  sendSms(input: $input) { sms { to text status } errors { code message path } } }"""


async def test_an_sms_goes_to_the_number_that_its_reader_has_given(door: Door, any_runtime: Runtime) -> None:
    unreachable = (await door.ask(SEND_SMS, {"input": _lost("a hat")}, viewer=SUPPORT)).only()
    assert [error["code"] for error in unreachable["errors"]] == ["PERSON_UNREACHABLE"]
    ana = {
        "user_id": ANA_ID,
        "name": "Ana",
        "email": "ana@marquee.test",
        "locale": "es",
        "phone": "+51987654321",
    }
    await emit(any_runtime, make_event(any_runtime, "user.updated", ana, aggregate_id=ANA_ID, version=2))
    again = {**_lost("a hat"), "idempotencyKey": "key-of-the-sms"}
    sent = (await door.ask(SEND_SMS, {"input": again}, viewer=SUPPORT)).only()
    assert sent["sms"]["to"] == "+51987654321"
    assert "a hat" in sent["sms"]["text"]
    gone = {**ana, "phone": None}
    await emit(any_runtime, make_event(any_runtime, "user.updated", gone, aggregate_id=ANA_ID, version=3))
    other = {**_lost("a scarf"), "idempotencyKey": "key-of-another"}
    refused = (await door.ask(SEND_SMS, {"input": other}, viewer=SUPPORT)).only()
    assert [error["code"] for error in refused["errors"]] == ["PERSON_UNREACHABLE"]
