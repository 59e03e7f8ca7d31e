"""Users and their sessions as clients see them. `domain` decides who sees which field."""

from __future__ import annotations

from datetime import datetime
from typing import Self, TypeAlias

import strawberry
from strawberry import ID, federation

from marquee_subgraphs.kit.graphql import Context, Locale, Representation, field
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.users.domain import (
    Role,
    SessionRecord,
    UserRecord,
    public_name,
    sees_account,
    sees_name,
)
from marquee_subgraphs.users.service import UserService

Info: TypeAlias = strawberry.Info[Context[UserService], None]

strawberry.enum(Role, name="Role", description="What a user is to the chain.")


@strawberry.type
class Session:
    """A signed-in device."""

    id: ID
    device: str | None
    created_at: datetime
    last_seen_at: datetime
    current: bool

    @classmethod
    def of(cls, record: SessionRecord, current_id: str | None) -> Session:
        return cls(
            id=ID(record.id),
            device=record.device,
            created_at=record.created_at,
            last_seen_at=record.last_seen_at,
            current=record.id == current_id,
        )


@federation.type(keys=["id"])
class User:
    """A person with an account. Others see the first name and an initial, staff the whole name; email,
    phone and role are for oneself and admins.
    """

    id: ID
    name: str
    email: str | None
    role: Role | None
    locale: Locale
    created_at: datetime
    phone: str | None = strawberry.field(description="In E.164, for SMS.", default=None)

    @classmethod
    def of(cls, record: UserRecord, viewer: Viewer) -> Self:
        """As the viewer may see them."""
        return cls.shown(record, name=sees_name(viewer, record), account=sees_account(viewer, record))

    @classmethod
    def shown(cls, record: UserRecord, *, name: bool = True, account: bool = True) -> Self:
        # Plain attributes, not resolvers: the executor reads them several times faster.
        return cls(
            id=ID(record.id),
            name=record.name if name else public_name(record.name),
            email=record.email if account else None,
            role=record.role if account else None,
            locale=record.locale,
            created_at=record.created_at,
            phone=record.phone if account else None,
        )

    @classmethod
    async def resolve_reference(cls, info: Info, representation: Representation) -> Self | None:
        context = info.context
        record = await context.loaders(context.service.accounts.users_by_id).load(representation.text("id"))
        return None if record is None else cls.of(record, context.viewer)

    @field(authenticated=True)
    async def sessions(self, info: Info) -> list[Session] | None:
        context = info.context
        if not context.viewer.is_user(self.id):
            return None
        records = await context.loaders(context.service.sessions.sessions_by_user).load(self.id)
        return [Session.of(record, context.viewer.session_id) for record in records or ()]


async def load_user(info: Info, user_id: str) -> User | None:
    record = await info.context.loaders(info.context.service.accounts.users_by_id).load(user_id)
    return None if record is None else User.of(record, info.context.viewer)
