"""The use cases of notifications, one transaction each; and the round that carries messages out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence

from marquee_subgraphs.kit.audit import AuditLog
from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.kit.database import Database, Transaction
from marquee_subgraphs.kit.idempotency import Answered, Idempotency, fingerprint
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.live import Topics
from marquee_subgraphs.kit.pagination import Page, PageRequest
from marquee_subgraphs.kit.telemetry import SubgraphTelemetry
from marquee_subgraphs.kit.validation import InputCheck
from marquee_subgraphs.notifications.adapters.carrier import Carrier, DeliveryRefused, reason_of
from marquee_subgraphs.notifications.domain.records import (
    Channel,
    MessageRecord,
    NotificationRecord,
    retry_at,
)
from marquee_subgraphs.notifications.errors import UnreachablePerson
from marquee_subgraphs.notifications.service.composer import Composer, Template
from marquee_subgraphs.notifications.service.notifier import Teller, person_topic
from marquee_subgraphs.notifications.store import NotificationStore

_AT_ONCE = 4
_NEWEST = 50
_LONGEST_VALUE = 1_000


class NotificationService:
    """What people are told."""

    def __init__(
        self,
        *,
        database: Database,
        store: NotificationStore,
        teller: Teller,
        composer: Composer,
        carriers: Mapping[Channel, Carrier],
        topics: Topics[str],
        audit: AuditLog,
        idempotency: Idempotency,
        clock: Clock,
        logger: logging.Logger,
        telemetry: SubgraphTelemetry,
    ) -> None:
        self._database = database
        self._store = store
        self._teller = teller
        self._composer = composer
        self._carriers = carriers
        self._topics = topics
        self._audit = audit
        self._idempotency = idempotency
        self._clock = clock
        self._logger = logger
        self._telemetry = telemetry
        self._counted = telemetry.families.messages

    # One's own

    async def notifications(
        self, user_id: str, request: PageRequest, *, unread_only: bool
    ) -> Page[NotificationRecord]:
        """A person's notifications, newest first; the caller has checked that it is them who asks."""
        async with self._database.read() as connection:
            rows = await self._store.page_of_notifications(
                connection, user_id, request, unread_only=unread_only
            )
        return Page.of(rows, request, lambda each: (each.created_at, each.id))

    async def count_notifications(self, user_id: str, *, unread_only: bool) -> int:
        """How many the person has."""
        async with self._database.read() as connection:
            return await self._store.count_notifications(connection, user_id, unread_only=unread_only)

    async def notifications_by_id(self, ids: Sequence[str]) -> Mapping[str, NotificationRecord]:
        """Batch load; the caller shows each to its owner only."""
        async with self._database.read() as connection:
            return await self._store.find_notifications(connection, ids)

    async def mark_read(self, viewer: Viewer, *, ids: Sequence[str]) -> list[NotificationRecord]:
        """Mark one's own as read, all when none is named. Raises `Unauthenticated`, `InvalidInputs`."""
        user_id = viewer.require_user()
        with InputCheck() as check:
            wanted = check.count("notificationIds", list(ids), least=0, most=100)
        async with self._database.transaction() as tx:
            await self._store.mark_read(tx, user_id, wanted, self._clock.now())
            found = await self._store.find_notifications(tx, wanted)
        return [found[id_] for id_ in wanted if id_ in found and found[id_].user_id == user_id]

    async def watch(self, viewer: Viewer) -> AsyncGenerator[NotificationRecord, None]:
        """One's notifications as they come, each once; of very many at once the newest. Raises
        `Unauthenticated`.
        """
        user_id = viewer.require_user()
        told = dict.fromkeys([each.id for each in await self._newest(user_id)])
        async with self._topics.subscribe(person_topic(user_id)) as messages:
            async for message in messages:
                if isinstance(message, str):
                    rows = list((await self.notifications_by_id([message])).values())
                else:
                    rows = list(reversed(await self._newest(user_id)))
                for each in rows:
                    if each.id not in told:
                        told[each.id] = None
                        yield each
                for id_ in list(told)[: -10 * _NEWEST]:
                    del told[id_]

    async def _newest(self, user_id: str) -> Sequence[NotificationRecord]:
        page = await self.notifications(user_id, PageRequest(_NEWEST), unread_only=False)
        return page.rows

    # Mail

    async def mails(
        self, request: PageRequest, *, user_id: str | None = None, recipient: str | None = None
    ) -> Page[MessageRecord]:
        """Mails, newest first; the caller has checked who asks."""
        async with self._database.read() as connection:
            rows = await self._store.page_of_mails(connection, request, user_id=user_id, recipient=recipient)
        return Page.of(rows, request, lambda each: (each.created_at, each.id))

    async def count_mails(self, *, user_id: str | None = None, recipient: str | None = None) -> int:
        """How many mails the same filter finds."""
        async with self._database.read() as connection:
            return await self._store.count_mails(connection, user_id=user_id, recipient=recipient)

    def templates(self, viewer: Viewer) -> list[Template]:
        """What staff may send. Raises `NotAllowed` without the scope mail:send."""
        viewer.require_scope("mail:send")
        return self._composer.templates()

    async def send(
        self,
        viewer: Viewer,
        channel: Channel,
        *,
        user_id: str,
        template: str,
        variables: Sequence[tuple[str, str]],
        idempotency_key: str,
    ) -> MessageRecord:
        """Send a person one of the messages made for staff; never words of one's own.

        Raises `NotAllowed` without the scope mail:send, `InvalidInputs`, `UnreachablePerson`,
        `IdempotencyConflict`.
        """
        actor_id = viewer.require_scope("mail:send")
        values = self._check(user_id, template, variables, idempotency_key)

        async def work(tx: Transaction) -> MessageRecord:
            known = await self._idempotency.run(
                tx,
                key=idempotency_key,
                scope=f"{actor_id}:send{channel.value}",
                fingerprint=fingerprint([user_id, template, values]),
            )
            if isinstance(known, Answered):
                message = await self._store.find_message(tx, known.answer)
                assert message is not None, "messages of staff are erased with their reader only"
                return message
            person = await self._store.find_person(tx, user_id)
            if person is None or person.is_forgotten:
                raise UnreachablePerson("There is nobody of this id to write to.", ["input", "userId"])
            composed = self._composer.compose(template, person.locale, values)
            address = person.email if channel is Channel.EMAIL else person.phone
            if address is None:
                raise UnreachablePerson("They have given no phone number.", ["input", "userId"])
            message = await self._teller.queue(tx, channel, user_id, address, composed, name=person.name)
            await known.store(tx, message.id)
            await self._audit.record(
                tx,
                actor_id=actor_id,
                actor_role="admin" if viewer.is_admin else "staff",
                action=f"send{channel.value.title()}",
                target=user_id,
                reason=template,
            )
            return message

        return await self._database.run(work)

    def _check(
        self, user_id: str, template: str, variables: Sequence[tuple[str, str]], idempotency_key: str
    ) -> dict[str, str]:
        known = {each.name: each for each in self._composer.templates()}
        values: dict[str, str] = {}
        with InputCheck() as check:
            check.identifier("userId", user_id, "usr")
            check.idempotency_key(idempotency_key)
            if template not in known:
                check.problem("template", f"is one of {', '.join(sorted(known))}")
                return values
            check.count("variables", [name for name, _ in variables], least=0, most=20)
            for index, (name, value) in enumerate(variables[:20]):
                if name not in known[template].variables:
                    check.problem(f"variables.{index}.name", "is no variable of this message")
                values[name] = check.text(
                    f"variables.{index}.value", value, most=_LONGEST_VALUE, multiline=True
                )
            missing = sorted(set(known[template].variables) - values.keys())
            if missing:
                check.problem("variables", f"lacks {', '.join(missing)}")
        return values

    # Delivery

    async def carry(self) -> None:
        """One round: carry what is due, a few at a time. A message that fails comes again later, a few times;
        one that is refused for good does not.
        """
        async with self._database.read() as connection:
            if not await self._store.is_anything_due(connection, self._clock.now()):
                return
        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(self._carry_due())

    async def _carry_due(self) -> None:
        while True:
            now = self._clock.now()
            async with self._database.transaction() as tx:
                message = await self._store.claim_due(tx, now)
            if message is None:
                return
            await self._carry_one(message)

    async def _carry_one(self, message: MessageRecord) -> None:
        channel = message.channel.value.lower()
        with self._telemetry.span(f"carry {channel}", "producer", parent=message.trace or "") as span:
            try:
                await self._carriers[message.channel].carry(message)
            except Exception as error:  # noqa: BLE001 - a carrier is another system: whatever it raises is its failure
                refused = isinstance(error, DeliveryRefused)
                again_at = None if refused else retry_at(message.attempts + 1, self._clock.now())
                self._logger.warning("message %s not sent: %s", message.id, type(error).__name__)
                span.fail(type(error).__name__)
                async with self._database.transaction() as tx:
                    await self._store.mark_failed(tx, message, again_at, reason_of(error))
                self._counted.labels(channel, "failed" if again_at else "given_up").inc()
                return
            async with self._database.transaction() as tx:
                await self._store.mark_sent(tx, message.id, self._clock.now())
            self._counted.labels(channel, "sent").inc()
