"""An SMTP server that keeps mails for tests to read, in place of mailpit. Delivers nothing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import TYPE_CHECKING

from deploy.local.addresses import LOCALHOST

if TYPE_CHECKING:
    from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(slots=True)
class MailCatcher:
    """`messages` holds the received mails, oldest first. It may be stopped and started again."""

    port: int
    messages: list[EmailMessage] = field(default_factory=list)
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)
    _server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen; does nothing if it listens already."""
        if self._server is not None:
            return
        from aiosmtpd.smtp import SMTP  # from requirements-dev.lock

        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(self, hostname="mail.test", loop=loop, enable_SMTPUTF8=True), LOCALHOST, self.port
        )

    async def stop(self) -> None:
        """Refuse connections from now on."""
        if self._server is not None:
            self._server.close()
            self._server = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        """Receive one mail."""
        content = envelope.content
        assert isinstance(content, bytes)
        async with self.arrived:
            self.messages.append(message_from_bytes(content, policy=policy.default))
            self.arrived.notify_all()
        return "250 Message accepted for delivery"
