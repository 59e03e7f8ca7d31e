"""Makes the first admin of a cinema, on its stores, whether it runs or not. There is no default password."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from marquee.subgraphs import build_subgraph, open_runtime
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.identity_keys import FixedKeys
from marquee_subgraphs.kit.pagination import PageRequest
from marquee_subgraphs.kit.settings import Settings
from marquee_subgraphs.kit.validation import normalize_email
from marquee_subgraphs.users.domain import SCOPES, Role, UserRecord
from marquee_subgraphs.users.service import Client, UserService

OPENER: Final = Viewer(
    user_id="usr_00000000000000000000000000", roles=frozenset({"admin"}), scopes=SCOPES[Role.ADMIN]
)
"""The actor that grants the role to the first admin. There is no such account to sign in to."""


async def has_account(settings: Settings, email: str) -> bool:
    """True if the mail address has an account."""
    async with _users(settings) as users:
        return await _find(users, email) is not None


async def make_admin(settings: Settings, email: str, *, name: str, password: str | None) -> UserRecord:
    """Make the account of `email` an admin's; a new account needs a password.

    The step is written to the audit log. Raises the refusals of `Accounts.register` and `Accounts.set_role`.
    """
    async with _users(settings) as users:
        user = await _find(users, email)
        if user is None:
            assert password is not None, "the caller asked `has_account`"
            signed_in = await users.accounts.register(
                name=name, email=email, password=password, locale=None, client=Client()
            )
            user = signed_in.user
        return await users.accounts.set_role(
            OPENER, user_id=user.id, role=Role.ADMIN, cinema_ids=None, reason="marquee admin"
        )


@asynccontextmanager
async def _users(settings: Settings) -> AsyncIterator[UserService]:
    async with open_runtime(settings, FixedKeys()) as runtime:
        subgraph = build_subgraph("users", runtime)
        await subgraph.start()
        try:
            subgraph.start_publishing()
            assert isinstance(subgraph.service, UserService)
            yield subgraph.service
        finally:
            await subgraph.stop()


async def _find(users: UserService, email: str) -> UserRecord | None:
    wanted = normalize_email(email)
    # A search by text finds parts of addresses, too: `ana@x.com` is in `mariana@x.com`.
    found = await users.accounts.page(OPENER, PageRequest(first=100), text=wanted[:100], role=None)
    return next((user for user in found.rows if user.email == wanted), None)
