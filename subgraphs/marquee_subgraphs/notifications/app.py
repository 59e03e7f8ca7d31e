"""Wiring of the notifications subgraph, and nothing else."""

from __future__ import annotations

from contextlib import AsyncExitStack

import aiohttp

from marquee_subgraphs.kit.app import Subgraph, Wiring
from marquee_subgraphs.kit.audit import AuditLog
from marquee_subgraphs.kit.idempotency import Idempotency
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.kit.settings import Settings
from marquee_subgraphs.kit.supervisor import BackgroundTask
from marquee_subgraphs.notifications.adapters.carrier import Carrier, Mailbox
from marquee_subgraphs.notifications.adapters.sms import TwilioSms
from marquee_subgraphs.notifications.adapters.smtp import SmtpMailer
from marquee_subgraphs.notifications.domain.records import Channel
from marquee_subgraphs.notifications.events import Hearing
from marquee_subgraphs.notifications.migrations import HISTORY
from marquee_subgraphs.notifications.schema import build_notifications_schema
from marquee_subgraphs.notifications.service import NotificationService
from marquee_subgraphs.notifications.service.composer import Composer
from marquee_subgraphs.notifications.service.notifier import Teller
from marquee_subgraphs.notifications.store import NotificationStore

NAME = "notifications"
PORT = 7000
CARRY_EVERY_SECONDS = 0.5


def build(runtime: Runtime, *, mailer: Carrier | None = None) -> Subgraph:
    """The notifications subgraph; `mailer` stands in for the one that the settings name."""

    async def wire(runtime: Runtime, stack: AsyncExitStack) -> Wiring:
        return await _wire(runtime, stack, mailer or _mailer(runtime.settings))

    return Subgraph(
        runtime, name=NAME, port=PORT, schema=build_notifications_schema(runtime.logger(NAME)), wire=wire
    )


def _mailer(settings: Settings) -> Carrier:
    if settings.smtp_url is None:
        return Mailbox()
    return SmtpMailer(settings.smtp_url.get_secret_value(), settings.mail_from)


async def _sms(settings: Settings, stack: AsyncExitStack) -> Carrier:
    if settings.sms_url is None:
        return Mailbox()
    assert settings.sms_key is not None, "settings with the one have the others"
    assert settings.sms_from is not None, "settings with the one have the others"
    return TwilioSms(
        await stack.enter_async_context(aiohttp.ClientSession()),
        url=settings.sms_url.get_secret_value(),
        key=settings.sms_key.get_secret_value(),
        sender=settings.sms_from,
    )


async def _wire(runtime: Runtime, stack: AsyncExitStack, mailer: Carrier) -> Wiring:
    database = await stack.enter_async_context(await runtime.open_database(NAME, HISTORY))
    topics = runtime.topics(NAME)
    stack.push_async_callback(topics.close)
    events = runtime.events(NAME, database)
    settings = runtime.settings
    site_url = settings.public_url or f"http://{settings.host}:{settings.port}"
    store, composer = NotificationStore(), Composer(site_url)
    teller = Teller(store=store, composer=composer, outbox=events.outbox, topics=topics, clock=runtime.clock)
    Hearing(store, teller, events.outbox).register(events.consumer)
    service = NotificationService(
        database=database,
        store=store,
        teller=teller,
        composer=composer,
        carriers={Channel.EMAIL: mailer, Channel.SMS: await _sms(settings, stack)},
        topics=topics,
        audit=AuditLog(runtime.clock),
        idempotency=Idempotency(runtime.clock),
        clock=runtime.clock,
        logger=runtime.logger(NAME),
        telemetry=runtime.telemetry.of(NAME),
    )
    return Wiring(
        service=service,
        events=events,
        tasks=[BackgroundTask("carry messages", service.carry, every_seconds=CARRY_EVERY_SECONDS)],
        database=database,
    )
