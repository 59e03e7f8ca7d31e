"""Ports to the outside: mail and SMS. The embedded default keeps messages for their owners to read."""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib

from subgraphs.notifications.composing import qr_png
from subgraphs.notifications.domain import MessageRecord


class Carrier(Protocol):
    """Takes a message out of the house. Raises when it could not; the message is tried again later."""

    async def carry(self, message: MessageRecord) -> None:
        """Send one message."""
        ...


class Mailbox:
    """The embedded default: the store itself is the mailbox, so keeping a message is sending it."""

    async def carry(self, message: MessageRecord) -> None:
        """Nothing is left to do."""


class SmtpMailer:
    """Mail by SMTP. A message that is sent twice carries the same Message-ID, so that readers see one."""

    def __init__(self, url: str, sender: str, *, timeout_seconds: float = 15.0) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or "localhost"
        self._port = parts.port
        self._tls = parts.scheme == "smtps"
        self._username = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._sender = sender
        self._timeout_seconds = timeout_seconds

    async def carry(self, message: MessageRecord) -> None:
        """Send one mail. Raises `aiosmtplib.SMTPException` or `OSError`."""
        await aiosmtplib.send(
            self.build(message),
            hostname=self._host,
            port=self._port,
            use_tls=self._tls,
            username=self._username,
            password=self._password,
            timeout=self._timeout_seconds,
        )

    def build(self, message: MessageRecord) -> EmailMessage:
        """The mail as it travels: text, HTML, and the QR codes inline."""
        mail = EmailMessage()
        mail["From"] = self._sender
        mail["To"] = message.recipient
        mail["Subject"] = message.subject
        mail["Date"] = format_datetime(message.created_at)
        domain = parseaddr(self._sender)[1].rpartition("@")[2] or "marquee.test"
        mail["Message-ID"] = f"<{message.id}@{domain}>"
        mail.set_content(message.text)
        mail.add_alternative(message.html, subtype="html")
        html = mail.get_payload()[1]  # type: ignore[index]  # add_alternative made it multipart
        for code in message.codes:
            html.add_related(qr_png(code.code), "image", "png", cid=f"<{code.content_id}>")  # type: ignore[union-attr]  # an EmailMessage, as above
        return mail
