"""Messages by staff: templates with fixed words, sent by mail or SMS; and the mails that were sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from marquee_subgraphs.kit.audit import Deed
from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.idempotency import Answered, fingerprint
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.pagination import Page, PageRequest
from marquee_subgraphs.kit.validation import InputCheck
from marquee_subgraphs.notifications.domain.records import Channel, MessageRecord
from marquee_subgraphs.notifications.errors import UnreachablePerson
from marquee_subgraphs.notifications.service.composer import Composer, Template
from marquee_subgraphs.notifications.service.notifier import Address, Notifier
from marquee_subgraphs.notifications.store import NotificationsStore

SCOPE_SEND: Final = "mail:send"
_LONGEST_VALUE: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRequest:
    """The input of `sendEmail` and `sendSms`."""

    channel: Channel
    user_id: str
    template: str
    variables: Sequence[tuple[str, str]]
    idempotency_key: str


class Messages:
    """The use cases of messages."""

    def __init__(
        self, backend: Backend, store: NotificationsStore, composer: Composer, notifier: Notifier
    ) -> None:
        self._backend = backend
        self._store = store
        self._composer = composer
        self._notifier = notifier

    async def mails(
        self, request: PageRequest, *, user_id: str | None = None, recipient: str | None = None
    ) -> Page[MessageRecord]:
        """Return a page of mails, newest first; the caller has checked the viewer."""
        async with self._backend.database.read() as connection:
            rows = await self._store.messages.page_of_mails(
                connection, request, user_id=user_id, recipient=recipient
            )
        return Page.of(rows, request, lambda each: (each.created_at, each.id))

    async def count_mails(self, *, user_id: str | None = None, recipient: str | None = None) -> int:
        """Return how many mails the same filter finds."""
        async with self._backend.database.read() as connection:
            return await self._store.messages.count_mails(connection, user_id=user_id, recipient=recipient)

    def templates(self, viewer: Viewer) -> list[Template]:
        """Return the messages that staff may send. Raises `NotAllowed` without the scope `mail:send`."""
        viewer.require_scope(SCOPE_SEND)
        return self._composer.templates()

    async def send(self, viewer: Viewer, request: MessageRequest) -> MessageRecord:
        """Send a person one of the messages made for staff; its words are fixed, only its values are given.

        Raises `NotAllowed` without the scope `mail:send`, `InvalidInputs`, `UnreachablePerson`,
        `IdempotencyConflict`.
        """
        viewer.require_scope(SCOPE_SEND)
        values = self._check(request)
        work = partial(self._send_once, viewer=viewer, request=request, values=values)
        return await self._backend.database.run(work)

    async def _send_once(
        self, tx: Transaction, *, viewer: Viewer, request: MessageRequest, values: dict[str, str]
    ) -> MessageRecord:
        actor_id, channel = viewer.require_user(), request.channel
        known = await self._backend.idempotency.run(
            tx,
            key=request.idempotency_key,
            scope=f"{actor_id}:send{channel.value}",
            fingerprint=fingerprint([request.user_id, request.template, values]),
        )
        if isinstance(known, Answered):
            message = await self._store.messages.find(tx, known.answer)
            assert message is not None, "a message by staff is deleted only with its reader's account"
            return message
        person = await self._store.people.find(tx, request.user_id)
        if person is None or person.is_forgotten:
            raise UnreachablePerson("There is nobody of this id to write to.", ["input", "userId"])
        composed = self._composer.compose(request.template, person.locale, values)
        recipient = person.email if channel is Channel.EMAIL else person.phone
        if recipient is None:
            raise UnreachablePerson("They have given no phone number.", ["input", "userId"])
        address = Address(channel, recipient, request.user_id, person.name)
        message = await self._notifier.queue(tx, address, composed)
        await known.store(tx, message.id)
        deed = Deed(
            actor_id=actor_id,
            actor_role="admin" if viewer.is_admin else "staff",
            action=f"send{channel.value.title()}",
            target=request.user_id,
            reason=request.template,
        )
        await self._backend.audit.append(tx, deed)
        return message

    def _check(self, request: MessageRequest) -> dict[str, str]:
        """Return the values of the template's variables by name. Raises `InvalidInputs`."""
        template, variables = request.template, request.variables
        known = {each.name: each for each in self._composer.templates()}
        values: dict[str, str] = {}
        with InputCheck() as check:
            check.identifier("userId", request.user_id, "usr")
            check.idempotency_key(request.idempotency_key)
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
