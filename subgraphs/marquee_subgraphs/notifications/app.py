"""Wiring of the notifications subgraph, and nothing else."""

from __future__ import annotations

from contextlib import AsyncExitStack

import aiohttp

from marquee_subgraphs.kit.app import Subgraph, Wiring
from marquee_subgraphs.kit.backend import open_backend
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.kit.settings import Settings
from marquee_subgraphs.kit.supervisor import BackgroundTask
from marquee_subgraphs.notifications.adapters.carrier import Carrier, Mailbox
from marquee_subgraphs.notifications.adapters.sms import TwilioSms
from marquee_subgraphs.notifications.adapters.smtp import SmtpMailer
from marquee_subgraphs.notifications.domain.records import Channel
from marquee_subgraphs.notifications.events.handlers import NotificationHandlers
from marquee_subgraphs.notifications.migrations import HISTORY
from marquee_subgraphs.notifications.schema import build_notifications_schema
from marquee_subgraphs.notifications.service import NotificationService
from marquee_subgraphs.notifications.service.composer import Composer
from marquee_subgraphs.notifications.service.delivery import Delivery
from marquee_subgraphs.notifications.store import NotificationsStore

NAME = "notifications"
PORT = 7000
CARRY_EVERY_SECONDS = 0.5


def build(runtime: Runtime, *, mailer: Carrier | None = None) -> Subgraph:
    """Return the notifications subgraph, not started; `mailer` replaces the one that the settings name."""

    schema = build_notifications_schema(runtime.logger(NAME))

    async def wire(runtime: Runtime, stack: AsyncExitStack) -> Wiring:
        return await _wire(runtime, stack, mailer or _mailer(runtime.settings))

    return Subgraph(runtime, name=NAME, port=PORT, schema=schema, wire=wire)


def _mailer(settings: Settings) -> Carrier:
    if settings.smtp_url is None:
        return Mailbox()
    return SmtpMailer(settings.smtp_url.get_secret_value(), settings.mail_from)


async def _sms(settings: Settings, stack: AsyncExitStack) -> Carrier:
    if settings.sms_url is None:
        return Mailbox()
    assert settings.sms_key is not None, "the three settings come together"
    assert settings.sms_from is not None, "the three settings come together"
    return TwilioSms(
        await stack.enter_async_context(aiohttp.ClientSession()),
        url=settings.sms_url.get_secret_value(),
        key=settings.sms_key.get_secret_value(),
        sender=settings.sms_from,
    )


async def _wire(runtime: Runtime, stack: AsyncExitStack, mailer: Carrier) -> Wiring:
    backend = await open_backend(runtime, NAME, HISTORY, stack)
    topics = runtime.topics(NAME)
    stack.push_async_callback(topics.close)
    settings = runtime.settings
    composer = Composer(settings.public_url or f"http://{settings.host}:{settings.port}")
    carriers = {Channel.EMAIL: mailer, Channel.SMS: await _sms(settings, stack)}
    store = NotificationsStore()
    delivery = Delivery(backend, store, carriers, runtime.logger(NAME), runtime.telemetry.of(NAME))
    service = NotificationService.of(backend, store, topics, composer, delivery)
    NotificationHandlers(backend, store, service).register()
    return Wiring(
        backend=backend,
        service=service,
        tasks=[BackgroundTask("carry messages", service.delivery.carry, every_seconds=CARRY_EVERY_SECONDS)],
    )
