"""SMS to a provider on a real socket that speaks Twilio's Messages API: taken once, refused in known ways."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from marquee_subgraphs.kit.validation import is_phone_number
from marquee_subgraphs.notifications.adapters.carrier import DeliveryRefused
from marquee_subgraphs.notifications.adapters.sms import SmsFailed, TwilioSms
from marquee_subgraphs.notifications.domain.records import Channel, DeliveryStatus, MessageRecord

ACCOUNT, TOKEN, SENDER = "AC0123", "to:ken", "+15005550006"
AUTHORIZATION = "Basic QUMwMTIzOnRvOmtlbg=="
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
MESSAGE = MessageRecord(
    id="msg_1",
    channel=Channel.SMS,
    user_id="usr_1",
    recipient="+51987654321",
    subject="",
    html="",
    text="Función cancelada · Metrópolis",
    codes=[],
    status=DeliveryStatus.QUEUED,
    attempts=0,
    created_at=datetime(2026, 1, 15, tzinfo=UTC),
)


@dataclass(slots=True)
class Provider:
    """Takes messages as Twilio does; `answers` come first, `cuts` lose answers to messages that are taken."""

    url: str = ""
    taken: list[dict[str, str]] = field(default_factory=list)
    answers: list[tuple[int, Any]] = field(default_factory=list)
    cuts: int = 0
    status: str = "queued"

    async def send(self, request: web.Request) -> web.StreamResponse:
        """POST Messages.json"""
        form = {name: str(value) for name, value in (await request.post()).items()}
        if self.answers:
            return self._answer()
        if request.headers.get("Authorization") != AUTHORIZATION:
            return web.json_response({"code": 20003, "message": "Authenticate", "status": 401}, status=401)
        self.taken.append(form)
        if self.cuts:
            self.cuts -= 1
            assert request.transport is not None
            request.transport.abort()
        return web.json_response({"sid": f"SM{len(self.taken)}", "status": "queued"}, status=201)

    async def list(self, request: web.Request) -> web.StreamResponse:
        """GET Messages.json?To=&DateSent>="""
        if self.answers:
            return self._answer()
        assert request.query["DateSent>"] == "2026-01-15"
        found = [
            {"sid": "SM1", "to": form["To"], "body": form["Body"], "status": self.status}
            for form in self.taken
            if form["To"] == request.query["To"]
        ]
        return web.json_response({"messages": found})

    def _answer(self) -> web.StreamResponse:
        status, body = self.answers.pop(0)
        if isinstance(body, str):
            return web.Response(status=status, text=body)
        return web.json_response(body, status=status)


@asynccontextmanager
async def _serving() -> AsyncIterator[Provider]:
    provider = Provider()
    app = web.Application()
    app.router.add_post(PATH, provider.send)
    app.router.add_get(PATH, provider.list)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    provider.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield provider
    await runner.cleanup()


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with _serving() as provider:
        yield provider


@pytest.fixture
async def sms(provider: Provider) -> AsyncIterator[TwilioSms]:
    async with aiohttp.ClientSession() as session:
        yield TwilioSms(session, url=f"{provider.url}/", key=f"{ACCOUNT}:{TOKEN}", sender=SENDER)


async def test_an_sms_is_taken(provider: Provider, sms: TwilioSms) -> None:
    await sms.carry(MESSAGE)
    assert provider.taken == [{"To": "+51987654321", "From": SENDER, "Body": MESSAGE.text}]


@pytest.mark.parametrize(
    ("status", "body", "refused"),
    [
        (400, {"code": 21211, "message": "The 'To' number is not a valid phone number."}, True),
        (400, {"code": 21610, "message": "Attempt to send to unsubscribed recipient"}, True),
        (401, {"code": 20003, "message": "Authenticate"}, False),
        (403, {"code": 20403, "message": "Forbidden"}, False),
        (429, {"code": 20429, "message": "Too Many Requests"}, False),
        (500, {"code": 20500, "message": "Internal Server Error"}, False),
        (404, "<html>", False),
        (200, "<html>", False),
        (201, [], False),
        (302, {}, False),
    ],
)
async def test_no_for_good_and_no_for_now_are_told_apart(
    provider: Provider, sms: TwilioSms, status: int, body: Any, refused: bool
) -> None:
    provider.answers.append((status, body))
    with pytest.raises(DeliveryRefused if refused else SmsFailed):
        await sms.carry(MESSAGE)
    assert provider.taken == []


async def test_an_answer_that_is_lost_does_not_send_twice(provider: Provider, sms: TwilioSms) -> None:
    provider.cuts = 1
    with pytest.raises(aiohttp.ClientError):
        await sms.carry(MESSAGE)
    again = dataclasses.replace(MESSAGE, attempts=1)
    provider.answers.append((503, {}))
    with pytest.raises(SmsFailed):
        await sms.carry(again)
    await sms.carry(again)
    assert len(provider.taken) == 1
    provider.status = "failed"
    await sms.carry(again)
    assert len(provider.taken) == 2, "what failed there may be sent again"
    await sms.carry(dataclasses.replace(again, text="Something else"))
    assert len(provider.taken) == 3


async def test_a_provider_that_is_not_there_may_come_back() -> None:
    async with _serving() as provider, aiohttp.ClientSession() as session:
        gone = TwilioSms(session, url="http://127.0.0.1:1", key=f"{ACCOUNT}:{TOKEN}", sender=SENDER)
        with pytest.raises(OSError, match="connect"):
            await gone.carry(MESSAGE)
        wrong = TwilioSms(session, url=provider.url, key=f"{ACCOUNT}:wrong", sender=SENDER)
        with pytest.raises(SmsFailed, match="401"):
            await wrong.carry(MESSAGE)


@pytest.mark.parametrize(
    "number", ["", "987654321", "+0123456789", "+5198765432112345", "+51 987654321", "usr_1"]
)
async def test_what_is_no_number_is_not_asked_of_the_provider(
    provider: Provider, sms: TwilioSms, number: str
) -> None:
    assert not is_phone_number(number)
    with pytest.raises(DeliveryRefused, match=r"E\.164"):
        await sms.carry(dataclasses.replace(MESSAGE, recipient=number))
    assert provider.taken == []
