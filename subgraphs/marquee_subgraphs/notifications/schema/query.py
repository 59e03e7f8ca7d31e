"""The queries of notifications."""

# ruff: noqa: A002 - arguments carry the names that the schema gives them (`filter`)
from __future__ import annotations

import strawberry

from marquee_subgraphs.kit.graphql import Connection, connection_size, field
from marquee_subgraphs.notifications.schema.types import Email, Info, MessageTemplate, page_request


@strawberry.input
class EmailFilter:
    to: str | None = None


@strawberry.type
class Query:
    @field(scopes=["mail:read"], directives=[connection_size()], description="Every mail, for support.")
    async def emails(
        self, info: Info, first: int = 20, after: str | None = None, filter: EmailFilter | None = None
    ) -> Connection[Email] | None:
        info.context.viewer.require_scope("mail:read")
        messages = info.context.service.messages
        recipient = filter.to if filter else None
        page = await messages.mails(page_request(first, after), recipient=recipient)
        return Connection.of(page, Email.of, lambda: messages.count_mails(recipient=recipient))

    @field(scopes=["mail:send"])
    async def message_templates(self, info: Info) -> list[MessageTemplate] | None:
        return [
            MessageTemplate.of(each) for each in info.context.service.messages.templates(info.context.viewer)
        ]
