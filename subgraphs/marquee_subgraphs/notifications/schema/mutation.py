"""The mutations of notifications, their inputs and payloads."""

# ruff: noqa: A002 - arguments carry the names that the schema gives them (`input`)
from __future__ import annotations

import strawberry
from strawberry import ID

from marquee_subgraphs.kit.graphql import Payload, mutation
from marquee_subgraphs.notifications.domain.records import Channel, MessageRecord
from marquee_subgraphs.notifications.schema.types import Email, Info, Notification, Sms
from marquee_subgraphs.notifications.service.messages import MessageRequest


@strawberry.input
class MarkNotificationReadInput:
    """All one's own, when the list is empty."""

    notification_ids: list[ID]


@strawberry.input
class TemplateVariableInput:
    name: str
    value: str


@strawberry.input
class SendEmailInput:
    user_id: ID
    template: str
    variables: list[TemplateVariableInput] = strawberry.field(default_factory=list)
    idempotency_key: str


@strawberry.input
class SendSmsInput:
    user_id: ID
    template: str
    variables: list[TemplateVariableInput] = strawberry.field(default_factory=list)
    idempotency_key: str


@strawberry.type
class MarkNotificationReadPayload(Payload):
    notifications: list[Notification] | None = None


@strawberry.type
class SendEmailPayload(Payload):
    email: Email | None = None


@strawberry.type
class SendSmsPayload(Payload):
    sms: Sms | None = None


async def _send(info: Info, channel: Channel, input: SendEmailInput | SendSmsInput) -> MessageRecord:
    request = MessageRequest(
        channel=channel,
        user_id=input.user_id,
        template=input.template,
        variables=[(each.name, each.value) for each in input.variables],
        idempotency_key=input.idempotency_key,
    )
    return await info.context.service.messages.send(info.context.viewer, request)


@strawberry.type
class Mutation:
    @mutation(authenticated=True)
    async def mark_notification_read(
        self, info: Info, input: MarkNotificationReadInput
    ) -> MarkNotificationReadPayload | None:
        records = await info.context.service.inbox.mark_read(info.context.viewer, ids=input.notification_ids)
        return MarkNotificationReadPayload(notifications=[Notification.of(record) for record in records])

    @mutation(scopes=["mail:send"])
    async def send_email(self, info: Info, input: SendEmailInput) -> SendEmailPayload | None:
        return SendEmailPayload(email=Email.of(await _send(info, Channel.EMAIL, input)))

    @mutation(scopes=["mail:send"])
    async def send_sms(self, info: Info, input: SendSmsInput) -> SendSmsPayload | None:
        return SendSmsPayload(sms=Sms.of(await _send(info, Channel.SMS, input)))
