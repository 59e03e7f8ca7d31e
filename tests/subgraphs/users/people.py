"""Documents and steps that tests of users share."""

from __future__ import annotations

from typing import Any

import jwt

from marquee_subgraphs.kit.identity import ANONYMOUS, Viewer
from marquee_subgraphs.users.domain import SCOPES, Role
from tests.subgraphs.door import Door, customer

PASSWORD = "a quiet evening"
ERRORS = "errors { __typename code message path ... on RateLimited { retryAfterSeconds } }"
SIGNED_IN = f"user {{ id name email role locale createdAt }} accessToken refreshToken expiresAt {ERRORS}"
REGISTER = f"mutation ($input: RegisterUserInput!) {{ registerUser(input: $input) {{ {SIGNED_IN} }} }}"
LOGIN = f"mutation ($input: LoginInput!) {{ login(input: $input) {{ {SIGNED_IN} }} }}"
KNOWN = f"user {{ id }} accessToken deviceToken {ERRORS}"
LOGIN_KNOWN = f"mutation ($input: LoginInput!) {{ login(input: $input) {{ {KNOWN} }} }}"
REGISTER_KNOWN = f"mutation ($input: RegisterUserInput!) {{ registerUser(input: $input) {{ {KNOWN} }} }}"
REFRESH = f"mutation ($input: RefreshSessionInput!) {{ refreshSession(input: $input) {{ {SIGNED_IN} }} }}"
LOGOUT = f"mutation ($input: LogoutInput!) {{ logout(input: $input) {{ success {ERRORS} }} }}"
UPDATE = (
    f"mutation ($input: UpdateUserInput!) "
    f"{{ updateUser(input: $input) {{ user {{ id name email locale }} {ERRORS} }} }}"
)
CHANGE_PASSWORD = (
    f"mutation ($input: ChangePasswordInput!) "
    f"{{ changePassword(input: $input) {{ user {{ id }} {ERRORS} }} }}"
)
SET_ROLE = (
    f"mutation ($input: SetUserRoleInput!) {{ setUserRole(input: $input) {{ user {{ id role }} {ERRORS} }} }}"
)
EXPORT = f"mutation {{ exportMyData {{ data {ERRORS} }} }}"
ERASE = (
    f"mutation ($input: EraseMyAccountInput!) {{ eraseMyAccount(input: $input) {{ requestedAt {ERRORS} }} }}"
)


async def send(
    door: Door,
    document: str,
    viewer: Viewer = ANONYMOUS,
    headers: dict[str, str] | None = None,
    **fields: Any,
) -> Any:
    """Send a mutation with its input; returns the payload."""
    return (await door.ask(document, {"input": fields}, viewer, headers)).only()


async def register(door: Door, name: str = "Ana Pérez", email: str = "ana@example.test", **more: Any) -> Any:
    """Make an account; returns the payload of `registerUser`."""
    payload = await send(door, REGISTER, name=name, email=email, password=PASSWORD, **more)
    assert payload["errors"] == []
    return payload


def refusals(payload: Any) -> list[tuple[str, list[str] | None]]:
    """The codes and paths of a payload that holds nothing else."""
    held = {name: value for name, value in payload.items() if name != "errors" and value not in (None, False)}
    assert held == {}, held
    return [(error["code"], error["path"]) for error in payload["errors"]]


def as_user(payload: Any) -> Viewer:
    """The viewer the router would make of a payload's access token."""
    claims = jwt.decode(payload["accessToken"], options={"verify_signature": False})
    return customer(claims["sub"], claims["sid"])


def admin() -> Viewer:
    """An administrator."""
    return Viewer("usr_01HADMN000000000000000000A", frozenset({"admin"}), SCOPES[Role.ADMIN])
