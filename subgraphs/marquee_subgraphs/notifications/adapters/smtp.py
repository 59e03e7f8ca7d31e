"""Mail by SMTP. Knows nothing of queues: one message, one attempt.

A repeated message has the same Message-ID, so that mail readers show it once. No password is sent unencrypted
to another machine.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Final
from urllib.parse import unquote, urlsplit

import aiosmtplib

from marquee_subgraphs.kit.settings import SettingsError
from marquee_subgraphs.notifications.adapters.carrier import DeliveryRefused
from marquee_subgraphs.notifications.domain.qr_codes import qr_png
from marquee_subgraphs.notifications.domain.records import MessageRecord

_THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_FOR_GOOD: Final = 500
_SPECIAL: Final = re.compile(r"""[\s\x00-\x1f\x7f()<>\[\]:;@\\,"]""")


class SmtpMailer:
    """Sends through the server of `url`. `smtps://` is TLS from the start; `smtp://` uses STARTTLS where
    it is offered, and requires it when there is a password.
    """

    def __init__(
        self,
        url: str,
        sender: str,
        *,
        timeout_seconds: float = 15.0,
        tls_context: ssl.SSLContext | None = None,
    ) -> None:
        """`timeout_seconds` is for the whole of one attempt. Raises `SettingsError` for a sender that is no
        address.
        """
        parts = urlsplit(url)
        self._host = parts.hostname or "localhost"
        self._port = parts.port
        self._tls = parts.scheme == "smtps"
        self._username = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        insists = self._username is not None and not self._tls and self._host not in _THIS_MACHINE
        self._start_tls = False if self._tls else (True if insists else None)
        self._timeout_seconds = timeout_seconds
        self._tls_context = tls_context
        try:
            name, address = parseaddr(sender)
            self._sender = Address(name, addr_spec=address)
        except (ValueError, IndexError):
            self._sender = Address()
        if not self._sender.domain or not self._sender.username:
            raise SettingsError(
                {"MARQUEE_MAIL_FROM": "must be an address, as Marquee <no-reply@example.com>"}
            )

    async def carry(self, message: MessageRecord) -> None:
        """Send one mail. Raises `DeliveryRefused` when the server refuses the reader or the mail for good;
        `aiosmtplib.SMTPException`, `OSError` when another attempt may succeed.
        """
        mail = self.build(message)
        try:
            async with asyncio.timeout(self._timeout_seconds):
                await aiosmtplib.send(
                    mail,
                    hostname=self._host,
                    port=self._port,
                    use_tls=self._tls,
                    start_tls=self._start_tls,
                    username=self._username,
                    password=self._password,
                    timeout=self._timeout_seconds,
                    tls_context=self._tls_context,
                )
        except aiosmtplib.SMTPRecipientsRefused as refusal:
            # One mail has one reader. A server that does not know the reader now will not know them later.
            [refused] = refusal.recipients
            if refused.code >= _FOR_GOOD:
                raise DeliveryRefused(f"{refused.code} {refused.message}") from refusal
            raise
        except aiosmtplib.SMTPDataError as refusal:
            if refusal.code >= _FOR_GOOD:
                raise DeliveryRefused(f"{refusal.code} {refusal.message}") from refusal
            raise
        except aiosmtplib.SMTPNotSupported as refusal:
            if mail["To"].isascii():  # then the connection lacks something, and not this address
                raise
            raise DeliveryRefused("the server takes no address in this script") from refusal

    def build(self, message: MessageRecord) -> EmailMessage:
        """Return the mail: text, HTML, and the QR codes as inline pictures.

        Raises `DeliveryRefused` when the address cannot be the address of one reader.
        """
        mail = EmailMessage()
        try:
            mail["From"] = self._sender
            mail["To"] = _address(" ".join((message.recipient_name or "").split()), message.recipient)
            mail["Subject"] = message.subject
        except ValueError as error:
            raise DeliveryRefused(f"no mail can be addressed: {type(error).__name__}") from error
        mail["Date"] = format_datetime(message.created_at)
        mail["Message-ID"] = f"<{message.id}@{self._sender.domain}>"
        # So that an absence notice does not reply to a machine.
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text)
        mail.add_alternative(message.html, subtype="html")
        html = mail.get_payload()[1]  # type: ignore[index]  # add_alternative made it multipart
        for code in message.codes:
            html.add_related(qr_png(code.code), "image", "png", cid=f"<{code.content_id}>")  # type: ignore[union-attr]  # an EmailMessage, as above
        return mail


def _address(name: str, address: str) -> Address:
    """Return one address with its name, in any script. Raises `ValueError` for text that may be several."""
    username, _, domain = address.rpartition("@")
    if not username or not domain or _SPECIAL.search(address.replace("@", "", 1)):
        raise ValueError("not one address")
    return Address(name, username, domain)
