"""The mutations of users, their inputs and payloads."""

# ruff: noqa: A002 - arguments carry the names that the schema gives them (`input`)
from __future__ import annotations

from datetime import datetime
from typing import Self

import strawberry
from strawberry import ID
from strawberry.scalars import JSON

from marquee_subgraphs.kit.graphql import Locale, Payload, cost, mutation
from marquee_subgraphs.users.domain import Role
from marquee_subgraphs.users.schema.types import Info, User, load_user
from marquee_subgraphs.users.service import Client, SignedIn


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
class _OpenedPayload(_SignedInPayload):
    device_token: str | None = strawberry.field(
        default=None,
        description="Keep it on this device, also after logging out, and give it to `login`: a known device"
        " can log in while strangers guess the password.",
    )

    @classmethod
    def of(cls, signed_in: SignedIn) -> Self:
        payload = super().of(signed_in)
        payload.device_token = signed_in.device_token
        return payload


@strawberry.type
class RegisterUserPayload(_OpenedPayload):
    """The new account, signed in."""


@strawberry.type
class LoginPayload(_OpenedPayload):
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
    device_token: str | None = strawberry.field(
        description="What this device received when somebody last logged in or registered on it.",
        default=None,
    )


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


def _client(info: Info, device_token: str | None = None) -> Client:
    return Client(info.context.client_address, info.context.device, device_token)


@strawberry.type
class Mutation:
    @mutation(directives=[cost(20)])
    async def register_user(self, info: Info, input: RegisterUserInput) -> RegisterUserPayload:
        signed_in = await info.context.service.accounts.register(
            name=input.name,
            email=input.email,
            password=input.password,
            locale=input.locale,
            client=_client(info),
        )
        return RegisterUserPayload.of(signed_in)

    @mutation(directives=[cost(20)])
    async def login(self, info: Info, input: LoginInput) -> LoginPayload:
        signed_in = await info.context.service.sessions.sign_in(
            email=input.email, password=input.password, client=_client(info, input.device_token)
        )
        return LoginPayload.of(signed_in)

    @mutation()
    async def refresh_session(self, info: Info, input: RefreshSessionInput) -> RefreshSessionPayload:
        signed_in = await info.context.service.sessions.refresh(refresh_token=input.refresh_token)
        return RefreshSessionPayload.of(signed_in)

    @mutation(authenticated=True)
    async def logout(self, info: Info, input: LogoutInput) -> LogoutPayload | None:
        await info.context.service.sessions.sign_out(info.context.viewer, all_devices=input.all_devices)
        return LogoutPayload(success=True)

    @mutation(authenticated=True)
    async def update_user(self, info: Info, input: UpdateUserInput) -> UpdateUserPayload | None:
        record = await info.context.service.accounts.update(
            info.context.viewer,
            name=input.name,
            email=input.email,
            locale=input.locale,
            phone=input.phone,
        )
        return UpdateUserPayload(user=User.of(record, info.context.viewer))

    @mutation(authenticated=True, directives=[cost(20)])
    async def change_password(self, info: Info, input: ChangePasswordInput) -> ChangePasswordPayload | None:
        record = await info.context.service.sessions.change_password(
            info.context.viewer, current=input.current_password, new=input.new_password
        )
        return ChangePasswordPayload(user=User.of(record, info.context.viewer))

    @mutation(scopes=["users:write"])
    async def set_user_role(self, info: Info, input: SetUserRoleInput) -> SetUserRolePayload | None:
        record = await info.context.service.accounts.set_role(
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
        data = JSON(await info.context.service.privacy.export(viewer))
        return ExportMyDataPayload(data=data, user=await load_user(info, viewer.require_user()))

    @mutation(authenticated=True, directives=[cost(20)])
    async def erase_my_account(self, info: Info, input: EraseMyAccountInput) -> EraseMyAccountPayload | None:
        requested_at = await info.context.service.privacy.request_erasure(
            info.context.viewer, password=input.password
        )
        return EraseMyAccountPayload(requested_at=requested_at)
