"""Mail as it travels, to a real server on a real socket that takes, refuses, hangs and breaks off."""

from __future__ import annotations

import dataclasses
import ssl
from datetime import UTC, datetime
from pathlib import Path

import aiosmtplib
import pytest

from marquee_subgraphs.kit.settings import SettingsError
from marquee_subgraphs.notifications.adapters.carrier import DeliveryRefused
from marquee_subgraphs.notifications.adapters.smtp import SmtpMailer
from marquee_subgraphs.notifications.domain.records import Channel, DeliveryStatus, MessageRecord, TicketCode
from tests.subgraphs.notifications.adapters.mail_server import Mood, certificate_for_tests, mail_server

SENDER = "Marquee Perú <no-reply@marquee.test>"
MESSAGE = MessageRecord(
    id="msg_1",
    channel=Channel.EMAIL,
    user_id=None,
    recipient="guest@example.com",
    recipient_name="Núria Ñahui",
    subject="Tus entradas · niño",
    html='<img src="cid:tkt_1@marquee">',
    text="C10 MQ1:A",
    codes=[TicketCode("C10", "MQ1:A", "tkt_1@marquee")],
    status=DeliveryStatus.QUEUED,
    attempts=0,
    created_at=datetime(2026, 1, 15, tzinfo=UTC),
)


async def test_a_mail_arrives_whole() -> None:
    async with mail_server() as server:
        await SmtpMailer(f"smtp://{server.url}", SENDER).carry(MESSAGE)
    [taken] = server.taken
    mail = taken.mail
    assert taken.readers == ["guest@example.com"]
    assert mail["Subject"] == "Tus entradas · niño"
    assert str(mail["From"]) == SENDER
    assert str(mail["To"]) == "Núria Ñahui <guest@example.com>"
    assert mail["Date"].datetime == MESSAGE.created_at
    assert mail["Message-ID"] == "<msg_1@marquee.test>"
    assert mail["Auto-Submitted"] == "auto-generated"
    parts = list(mail.walk())
    assert [part.get_content_type() for part in parts] == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
    ]
    assert parts[1].get_content().strip() == "C10 MQ1:A"
    assert "cid:tkt_1@marquee" in parts[3].get_content()
    assert parts[4]["Content-ID"] == "<tkt_1@marquee>"
    assert parts[4].get_content()[:4] == b"\x89PNG"


async def test_with_starttls_and_a_password(tmp_path: Path) -> None:
    serving, trusting = certificate_for_tests(tmp_path)
    async with mail_server(tls=serving, must_tls=True, must_log_in=True) as server:
        url = f"smtp://marquee:open%20sesame@{server.url}"
        await SmtpMailer(url, SENDER, tls_context=trusting).carry(MESSAGE)
        wrong = SmtpMailer(f"smtp://marquee:wrong@{server.url}", SENDER, tls_context=trusting)
        with pytest.raises(aiosmtplib.SMTPAuthenticationError):
            await wrong.carry(MESSAGE)
        with pytest.raises(ssl.SSLCertVerificationError):
            await SmtpMailer(url, SENDER, tls_context=ssl.create_default_context()).carry(MESSAGE)
    assert [(each.by_tls, each.login) for each in server.taken] == [(True, "marquee")]


async def test_a_password_never_goes_out_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    async with mail_server() as server:
        monkeypatch.setattr("marquee_subgraphs.notifications.adapters.smtp._THIS_MACHINE", frozenset())
        mailer = SmtpMailer(f"smtp://marquee:open%20sesame@{server.url}", SENDER)
        with pytest.raises(aiosmtplib.SMTPException, match="STARTTLS"):
            await mailer.carry(MESSAGE)
    assert server.taken == []


@pytest.mark.parametrize("where", ["reader", "data"])
@pytest.mark.parametrize(("answer", "refused"), [("550 no such thing", True), ("451 come again", False)])
async def test_no_for_good_and_no_for_now_are_told_apart(where: str, answer: str, refused: bool) -> None:
    async with mail_server() as server:
        (server.reader_answers if where == "reader" else server.data_answers).append(answer)
        mailer = SmtpMailer(f"smtp://{server.url}", SENDER)
        if refused:
            with pytest.raises(DeliveryRefused, match="550 no such thing"):
                await mailer.carry(MESSAGE)
        else:
            with pytest.raises(aiosmtplib.SMTPException):
                await mailer.carry(MESSAGE)
        assert server.taken == []
        await mailer.carry(MESSAGE)
        assert len(server.taken) == 1


@pytest.mark.parametrize(
    "mood", ["greeting hangs", "greeting refuses", "drops in data", "drops before answer"]
)
async def test_a_broken_conversation_is_worth_another(mood: Mood) -> None:
    async with mail_server() as server:
        server.moods.append(mood)
        mailer = SmtpMailer(f"smtp://{server.url}", SENDER, timeout_seconds=0.3)
        with pytest.raises((aiosmtplib.SMTPException, OSError)):
            await mailer.carry(MESSAGE)
        await SmtpMailer(f"smtp://{server.url}", SENDER).carry(MESSAGE)
    assert {taken.mail["Message-ID"] for taken in server.taken} == {"<msg_1@marquee.test>"}


async def test_nobody_listens() -> None:
    async with mail_server() as server:
        pass
    with pytest.raises((aiosmtplib.SMTPException, OSError)):
        await SmtpMailer(f"smtp://{server.url}", SENDER).carry(MESSAGE)


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "Tickets\r\nBcc: everybody@example.com"},
        {"recipient": "a@example.com\r\nBcc: everybody@example.com"},
        {"recipient": "a@example.com, everybody@example.com"},
        {"recipient": "nobody"},
        {"recipient": ""},
        {"recipient": "a@example.com>"},
    ],
)
async def test_what_would_add_headers_or_readers_is_refused(changes: dict[str, str]) -> None:
    async with mail_server() as server:
        with pytest.raises(DeliveryRefused):
            await SmtpMailer(f"smtp://{server.url}", SENDER).carry(
                dataclasses.replace(MESSAGE, **changes)  # type: ignore[arg-type]  # texts, all of them
            )
    assert server.connections == 0


async def test_a_name_is_only_a_name() -> None:
    name = 'Ana "x" <everybody@example.com>,\r\nBcc: all@example.com'
    async with mail_server() as server:
        await SmtpMailer(f"smtp://{server.url}", SENDER).carry(
            dataclasses.replace(MESSAGE, recipient_name=name)
        )
    [taken] = server.taken
    assert taken.readers == ["guest@example.com"]
    assert [address.addr_spec for address in taken.mail["To"].addresses] == ["guest@example.com"]
    assert taken.mail["Bcc"] is None


async def test_an_address_in_another_script_arrives() -> None:
    async with mail_server() as server:
        await SmtpMailer(f"smtp://{server.url}", SENDER).carry(
            dataclasses.replace(MESSAGE, recipient="núria@example.com")
        )
    assert [taken.readers for taken in server.taken] == [["núria@example.com"]]


@pytest.mark.parametrize("sender", ["Marquee", "", "a@b@c", "Marquee <no-reply>"])
def test_a_sender_that_is_no_address_is_named(sender: str) -> None:
    with pytest.raises(SettingsError, match="MARQUEE_MAIL_FROM"):
        SmtpMailer("smtp://localhost", sender)
