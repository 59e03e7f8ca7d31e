"""Mail as it travels."""

from __future__ import annotations

from datetime import UTC, datetime

from subgraphs.notifications.delivery import SmtpMailer
from subgraphs.notifications.domain import Channel, DeliveryStatus, MessageRecord, TicketCode


def test_a_mail_has_text_html_and_its_codes_inline() -> None:
    message = MessageRecord(
        id="msg_1",
        channel=Channel.EMAIL,
        user_id=None,
        recipient="guest@example.com",
        subject="Tus entradas · niño",
        html='<img src="cid:tkt_1@marquee">',
        text="C10 MQ1:A",
        codes=[TicketCode("C10", "MQ1:A", "tkt_1@marquee")],
        status=DeliveryStatus.QUEUED,
        attempts=0,
        created_at=datetime(2026, 1, 15, tzinfo=UTC),
    )
    mail = SmtpMailer("smtp://localhost:25", "Marquee <no-reply@marquee.test>").build(message)
    assert mail["Message-ID"] == "<msg_1@marquee.test>"
    assert mail["Subject"] == "Tus entradas · niño"
    types = [part.get_content_type() for part in mail.walk()]
    assert types == ["multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png"]
    [picture] = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert picture["Content-ID"] == "<tkt_1@marquee>"
    assert picture.get_payload(decode=True)[:4] == b"\x89PNG"  # type: ignore[index]  # bytes, for it is one part
