"""The root fields of users."""

# ruff: noqa: A002 - arguments carry the names that the schema gives them (`id`, `filter`)
from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry import ID

from marquee_subgraphs.kit.graphql import (
    SCOPE_SYSTEM,
    SYSTEM_ID,
    Connection,
    connection_size,
    field,
    system_health,
)
from marquee_subgraphs.kit.pagination import PageRequest
from marquee_subgraphs.users.domain import Role
from marquee_subgraphs.users.schema.types import Info, User, load_user


@strawberry.input
class UserFilter:
    text: str | None = None
    role: Role | None = None


SystemHealth = system_health("users")


@strawberry.type
class Query:
    @field(scopes=[SCOPE_SYSTEM], description="How every service is at this moment.")
    async def system_health(self, info: Info) -> SystemHealth | None:  # type: ignore[valid-type]  # made for us
        info.context.viewer.require_scope(SCOPE_SYSTEM)
        system: object = SystemHealth(id=SYSTEM_ID)
        return system

    @field(description="Oneself; null for a guest.")
    async def me(self, info: Info) -> User | None:
        user_id = info.context.viewer.user_id
        return None if user_id is None else await load_user(info, user_id)

    @field(authenticated=True, description="Oneself, or anyone with the scope users:read.")
    async def user(self, info: Info, id: ID) -> User | None:
        info.context.viewer.require_self_or_scope(id, "users:read")
        return await load_user(info, id)

    @field(scopes=["users:read"], directives=[connection_size()])
    async def users(
        self,
        info: Info,
        first: int = 20,
        after: str | None = None,
        filter: UserFilter | None = None,
    ) -> Connection[User] | None:
        context = info.context
        text = filter.text if filter else None
        role = filter.role if filter else None
        page = await context.service.accounts.page(
            context.viewer, PageRequest.of(first, after, (datetime, str)), text=text, role=role
        )
        return Connection.of(
            page,
            lambda record: User.of(record, context.viewer),
            lambda: context.service.accounts.count(text=text, role=role),
        )
