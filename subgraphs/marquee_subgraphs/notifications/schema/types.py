"""Notifications, mails and SMS as clients see them, and what notifications adds to users."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime
from typing import Self, TypeAlias

import strawberry
from strawberry import ID, federation

from marquee_subgraphs.kit.graphql import (
    Connection,
    Context,
    Edge,
    Locale,
    PageInfo,
    Representation,
    connection_size,
    field,
)
from marquee_subgraphs.kit.pagination import PageRequest
from marquee_subgraphs.notifications.domain.qr_codes import qr_png
from marquee_subgraphs.notifications.domain.records import (
    DeliveryStatus,
    MessageRecord,
    NotificationKind,
    NotificationRecord,
)
from marquee_subgraphs.notifications.service import NotificationService
from marquee_subgraphs.notifications.service.composer import Template

Info: TypeAlias = strawberry.Info[Context[NotificationService], None]

strawberry.enum(NotificationKind, name="NotificationKind", description="What it is about.")
strawberry.enum(DeliveryStatus, name="DeliveryStatus")


def page_request(first: int, after: str | None) -> PageRequest:
    """Return the request of a page by moment and id."""
    return PageRequest.of(first, after, (datetime, str))


@federation.type(keys=["id"])
class Notification:
    """A message in the application, for its owner only."""

    id: ID
    kind: NotificationKind
    title: str
    body: str
    link: str | None
    read_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, record: NotificationRecord) -> Self:
        return cls(
            id=ID(record.id),
            kind=record.kind,
            title=record.title,
            body=record.body,
            link=record.link,
            read_at=record.read_at,
            created_at=record.created_at,
        )

    @classmethod
    async def resolve_reference(cls, info: Info, representation: Representation) -> Self | None:
        context = info.context
        record = await context.loaders(context.service.inbox.by_id).load(representation.text("id"))
        return cls.of(record) if record is not None and context.viewer.is_user(record.user_id) else None


@strawberry.type
class NotificationConnection:
    """A page of one's notifications, and how many are unread in all."""

    page: strawberry.Private[Connection[Notification]]
    user_id: strawberry.Private[str]

    @field()
    def edges(self) -> list[Edge[Notification]]:
        return self.page.edges

    @field()
    def nodes(self) -> list[Notification]:
        return [edge.node for edge in self.page.edges]

    @field()
    def page_info(self) -> PageInfo:
        return self.page.page_info

    @field()
    async def total_count(self) -> int:
        return await self.page.count()

    @field()
    async def unread_count(self, info: Info) -> int:
        return await info.context.service.inbox.count(self.user_id, unread_only=True)


@strawberry.type
class Email:
    """A mail as its reader sees it, QR codes in it."""

    record: strawberry.Private[MessageRecord]
    id: ID
    to: str
    subject: str
    text: str
    status: DeliveryStatus
    created_at: datetime
    sent_at: datetime | None
    failure: str | None = strawberry.field(
        description="Why the last attempt came to nothing; a mail may still be tried again."
    )

    @classmethod
    def of(cls, record: MessageRecord) -> Self:
        return cls(
            record=record,
            id=ID(record.id),
            to=record.recipient,
            subject=record.subject,
            text=record.text,
            status=record.status,
            created_at=record.created_at,
            sent_at=record.sent_at,
            failure=record.failure,
        )

    @field()
    def html(self) -> str:
        html = self.record.html
        for code in self.record.codes:
            picture = f"data:image/png;base64,{b64encode(qr_png(code.code)).decode()}"
            html = html.replace(f"cid:{code.content_id}", picture)
        return html


@strawberry.type
class Sms:
    id: ID
    to: str
    text: str
    status: DeliveryStatus
    created_at: datetime
    failure: str | None = strawberry.field(description="As of a mail.")

    @classmethod
    def of(cls, record: MessageRecord) -> Self:
        return cls(
            id=ID(record.id),
            to=record.recipient,
            text=record.text,
            status=record.status,
            created_at=record.created_at,
            failure=record.failure,
        )


@strawberry.type
class MessageTemplate:
    """A message that staff may send; its words are fixed, its variables are not."""

    name: str
    variables: list[str]
    locales: list[Locale]

    @classmethod
    def of(cls, template: Template) -> MessageTemplate:
        return cls(name=template.name, variables=list(template.variables), locales=list(Locale))


@federation.type(keys=["id"])
class User:
    """A person with their notifications and mails, for themself only."""

    id: ID

    @classmethod
    def of_reference(cls, representation: Representation) -> User:
        return cls(id=ID(representation.text("id")))

    @field(authenticated=True, directives=[connection_size()])
    async def notifications(
        self, info: Info, first: int = 20, after: str | None = None, unread_only: bool = False
    ) -> NotificationConnection | None:
        if not info.context.viewer.is_user(self.id):
            return None
        inbox, user_id = info.context.service.inbox, str(self.id)
        page = await inbox.page(user_id, page_request(first, after), unread_only=unread_only)
        shown = Connection.of(
            page,
            Notification.of,
            lambda: inbox.count(user_id, unread_only=unread_only),
        )
        return NotificationConnection(page=shown, user_id=user_id)

    @field(authenticated=True, directives=[connection_size()])
    async def emails(self, info: Info, first: int = 20, after: str | None = None) -> Connection[Email] | None:
        if not info.context.viewer.is_user(self.id):
            return None
        messages, user_id = info.context.service.messages, str(self.id)
        page = await messages.mails(page_request(first, after), user_id=user_id)
        return Connection.of(page, Email.of, lambda: messages.count_mails(user_id=user_id))
