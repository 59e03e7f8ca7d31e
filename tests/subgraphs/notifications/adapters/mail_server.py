"""A real SMTP server on a real socket that takes mails, refuses, hangs or breaks off, as it is told."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any, Literal

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

Mood = Literal["greeting hangs", "greeting refuses", "drops in data", "drops before answer"]


@dataclass(frozen=True, slots=True)
class Taken:
    """One mail as it came, and how."""

    mail: EmailMessage
    readers: list[str]
    by_tls: bool
    login: str | None


@dataclass(slots=True)
class MailServer:
    """What it answers next; each of `moods` and answers befalls one connection or mail, in order."""

    url: str = ""
    taken: list[Taken] = field(default_factory=list)
    connections: int = 0
    reader_answers: list[str] = field(default_factory=list)
    """Answers to RCPT, as `550 no such reader`, instead of yes."""
    data_answers: list[str] = field(default_factory=list)
    moods: list[Mood] = field(default_factory=list)
    transports: list[asyncio.BaseTransport] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802  # the name that aiosmtpd looks for
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Say whether there is such a reader."""
        if self.reader_answers:
            return self.reader_answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a mail."""
        if self.data_answers:
            return self.data_answers.pop(0)
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        who: Any = session.auth_data
        login = who.login.decode() if isinstance(who, LoginPassword) else None
        self.taken.append(Taken(mail, list(envelope.rcpt_tos), session.ssl is not None, login))
        if self.moods == ["drops before answer"]:
            self.moods.clear()
            _abort(server.transport)
        return "250 taken"


class _Moody(SMTP):
    """A server that may hang or break off."""

    def __init__(self, server: MailServer, **options: Any) -> None:
        super().__init__(server, **options)
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet, or not."""
        self._server.connections += 1
        self._server.transports.append(transport)
        mood = self._server.moods[0] if self._server.moods else None
        if mood in ("greeting hangs", "greeting refuses"):
            self._server.moods.pop(0)
            assert isinstance(transport, asyncio.Transport)
            self.transport = transport
            if mood == "greeting refuses":
                transport.write(b"421 too busy\r\n")
                transport.close()
            return
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """End."""
        if self._handler_coroutine is not None:
            super().connection_lost(error)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802  # the name that aiosmtpd looks for
        """Take a mail, or break off in its midst."""
        if self._server.moods == ["drops in data"]:
            self._server.moods.clear()
            await self.push("354 go on")
            await self._reader.read(10)
            _abort(self.transport)
            return
        await super().smtp_DATA(arg)


def _abort(transport: asyncio.BaseTransport | None) -> None:
    assert isinstance(transport, asyncio.WriteTransport)
    transport.abort()


def _authenticate(server: SMTP, session: Session, envelope: Envelope, how: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and data.password == b"open sesame"
    return AuthResult(success=right, auth_data=data, handled=False)


@asynccontextmanager
async def mail_server(
    *, tls: ssl.SSLContext | None = None, must_tls: bool = False, must_log_in: bool = False
) -> AsyncIterator[MailServer]:
    """Serve on a free port of this machine."""
    server = MailServer()
    options: dict[str, Any] = {
        "hostname": "mail.test",
        "enable_SMTPUTF8": True,
        "tls_context": tls,
        "require_starttls": must_tls,
        "authenticator": _authenticate,
        "auth_required": must_log_in,
        "auth_require_tls": tls is not None,
        "loop": asyncio.get_running_loop(),
    }
    listening = await asyncio.get_running_loop().create_server(
        partial(_Moody, server, **options), "127.0.0.1", 0
    )
    server.url = f"127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listening.close()
        for transport in server.transports:
            _abort(transport)
        await listening.wait_closed()


def certificate_for_tests(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context and a client's that trusts it, for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.test")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    pem = folder / "mail.pem"
    pem.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + certificate.public_bytes(Encoding.PEM)
    )
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(pem)
    return serving, ssl.create_default_context(cafile=str(pem))
