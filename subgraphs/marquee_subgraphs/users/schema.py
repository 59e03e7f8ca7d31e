"""The users subgraph's types and thin resolvers. Decides nothing: services do, domain rules say who
sees what.
"""

# ruff: noqa: A002 - arguments carry the names that the schema gives them (`input`, `id`, `filter`)
from __future__ import annotations

import logging
from datetime import datetime
from typing import Self, TypeAlias

import strawberry
from strawberry import ID, federation
from strawberry.scalars import JSON

from marquee_subgraphs.kit.graphql import (
    SCOPE_SYSTEM,
    SYSTEM_ID,
    Connection,
    Context,
    Locale,
    Payload,
    Representation,
    SubgraphSchema,
    UserError,
    build_schema,
    connection_size,
    cost,
    field,
    mutation,
    system_health,
    user_error,
)
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.pagination import PageRequest
from marquee_subgraphs.users import errors
from marquee_subgraphs.users.domain import (
    Role,
    SessionRecord,
    UserRecord,
    public_name,
    sees_account,
    sees_name,
)
from marquee_subgraphs.users.service import Client, SignedIn, UserService

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
        record = await context.loaders(context.service.users_by_id).load(representation.text("id"))
        return None if record is None else cls.of(record, context.viewer)

    @field(authenticated=True)
    async def sessions(self, info: Info) -> list[Session] | None:
        context = info.context
        if not context.viewer.is_user(self.id):
            return None
        records = await context.loaders(context.service.sessions_by_user).load(self.id)
        return [Session.of(record, context.viewer.session_id) for record in records or ()]


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
        return None if user_id is None else await _load_user(info, user_id)

    @field(authenticated=True, description="Oneself, or anyone with the scope users:read.")
    async def user(self, info: Info, id: ID) -> User | None:
        info.context.viewer.require_self_or_scope(id, "users:read")
        return await _load_user(info, id)

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
        page = await context.service.page(
            context.viewer, PageRequest.of(first, after, (datetime, str)), text=text, role=role
        )
        return Connection.of(
            page,
            lambda record: User.of(record, context.viewer),
            lambda: context.service.count(text=text, role=role),
        )


async def _load_user(info: Info, user_id: str) -> User | None:
    record = await info.context.loaders(info.context.service.users_by_id).load(user_id)
    return None if record is None else User.of(record, info.context.viewer)


@strawberry.type
class _SignedInPayload(Payload):
    user: User | None = None
    access_token: str | None = None
    refresh_token: str | None = None
    expires_at: datetime | None = None

    @classmethod
    def of(cls, signed_in: SignedIn) -> Self:
        return cls(
            user=User.shown(signed_in.user),  # who just proved to be this user
            access_token=signed_in.access.text,
            refresh_token=signed_in.refresh_token,
            expires_at=signed_in.access.expires_at,
        )


@strawberry.type
class RegisterUserPayload(_SignedInPayload):
    """The new account, signed in."""


@strawberry.type
class LoginPayload(_SignedInPayload):
    """The account, signed in."""


@strawberry.type
class RefreshSessionPayload(_SignedInPayload):
    """The session with fresh tokens; the old refresh token is spent."""


@strawberry.type
class LogoutPayload(Payload):
    success: bool = False


@strawberry.type
class UpdateUserPayload(Payload):
    user: User | None = None


@strawberry.type
class ChangePasswordPayload(Payload):
    user: User | None = None


@strawberry.type
class SetUserRolePayload(Payload):
    user: User | None = None


@strawberry.type
class ExportMyDataPayload(Payload):
    data: JSON | None = strawberry.field(default=None, description="The account and its sessions.")
    user: User | None = strawberry.field(
        default=None, description="Oneself: the way to what every other service keeps, as orders and reviews."
    )


@strawberry.type
class EraseMyAccountPayload(Payload):
    requested_at: datetime | None = None


@strawberry.input
class RegisterUserInput:
    name: str
    email: str
    password: str
    locale: Locale | None = None


@strawberry.input
class LoginInput:
    email: str
    password: str


@strawberry.input
class RefreshSessionInput:
    refresh_token: str


@strawberry.input
class LogoutInput:
    all_devices: bool = False


@strawberry.input
class UpdateUserInput:
    name: str | None = None
    email: str | None = None
    locale: Locale | None = None
    phone: str | None = strawberry.field(
        description="With its country, as +51987654321; empty takes it away.", default=None
    )


@strawberry.input
class ChangePasswordInput:
    current_password: str
    new_password: str


@strawberry.input
class SetUserRoleInput:
    user_id: ID
    role: Role
    cinema_ids: list[ID] | None = None
    reason: str


@strawberry.input
class EraseMyAccountInput:
    password: str


def _client(info: Info) -> Client:
    return Client(address=info.context.client_address, device=info.context.device)


@strawberry.type
class Mutation:
    @mutation(directives=[cost(20)])
    async def register_user(self, info: Info, input: RegisterUserInput) -> RegisterUserPayload:
        signed_in = await info.context.service.register(
            name=input.name,
            email=input.email,
            password=input.password,
            locale=input.locale,
            client=_client(info),
        )
        return RegisterUserPayload.of(signed_in)

    @mutation(directives=[cost(20)])
    async def login(self, info: Info, input: LoginInput) -> LoginPayload:
        signed_in = await info.context.service.sign_in(
            email=input.email, password=input.password, client=_client(info)
        )
        return LoginPayload.of(signed_in)

    @mutation()
    async def refresh_session(self, info: Info, input: RefreshSessionInput) -> RefreshSessionPayload:
        signed_in = await info.context.service.refresh(refresh_token=input.refresh_token)
        return RefreshSessionPayload.of(signed_in)

    @mutation(authenticated=True)
    async def logout(self, info: Info, input: LogoutInput) -> LogoutPayload | None:
        await info.context.service.sign_out(info.context.viewer, all_devices=input.all_devices)
        return LogoutPayload(success=True)

    @mutation(authenticated=True)
    async def update_user(self, info: Info, input: UpdateUserInput) -> UpdateUserPayload | None:
        record = await info.context.service.update(
            info.context.viewer,
            name=input.name,
            email=input.email,
            locale=input.locale,
            phone=input.phone,
        )
        return UpdateUserPayload(user=User.of(record, info.context.viewer))

    @mutation(authenticated=True, directives=[cost(20)])
    async def change_password(self, info: Info, input: ChangePasswordInput) -> ChangePasswordPayload | None:
        record = await info.context.service.change_password(
            info.context.viewer, current=input.current_password, new=input.new_password
        )
        return ChangePasswordPayload(user=User.of(record, info.context.viewer))

    @mutation(scopes=["users:write"])
    async def set_user_role(self, info: Info, input: SetUserRoleInput) -> SetUserRolePayload | None:
        record = await info.context.service.set_role(
            info.context.viewer,
            user_id=input.user_id,
            role=input.role,
            cinema_ids=input.cinema_ids,
            reason=input.reason,
        )
        return SetUserRolePayload(user=User.of(record, info.context.viewer))

    @mutation(authenticated=True)
    async def export_my_data(self, info: Info) -> ExportMyDataPayload | None:
        viewer = info.context.viewer
        data = JSON(await info.context.service.export(viewer))
        return ExportMyDataPayload(data=data, user=await _load_user(info, viewer.require_user()))

    @mutation(authenticated=True, directives=[cost(20)])
    async def erase_my_account(self, info: Info, input: EraseMyAccountInput) -> EraseMyAccountPayload | None:
        requested_at = await info.context.service.request_erasure(
            info.context.viewer, password=input.password
        )
        return EraseMyAccountPayload(requested_at=requested_at)


@user_error(errors.EmailTaken)
class EmailTaken(UserError):
    """Another account has this email."""


@user_error(errors.InvalidCredentials)
class InvalidCredentials(UserError):
    """The email or the password is wrong."""


@user_error(errors.WeakPassword)
class WeakPassword(UserError):
    """The new password is easy to guess."""


@user_error(errors.SessionRevoked)
class SessionRevoked(UserError):
    """The session is over; sign in again."""


def build_users_schema(logger: logging.Logger) -> SubgraphSchema:
    """The schema of users."""
    return build_schema(
        query=Query,
        mutation=Mutation,
        user_errors=[EmailTaken, InvalidCredentials, WeakPassword, SessionRevoked],
        logger=logger,
    )
