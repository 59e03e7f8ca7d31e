"""`SessionIssuer`: opens, continues and ends sessions within the transaction of a use case."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.users.domain import (
    KNOWN_DEVICE_LIFETIME,
    REFRESH_TOKEN_LIFETIME,
    SessionRecord,
    UserRecord,
)
from marquee_subgraphs.users.service.ended_sessions import EndedSessions
from marquee_subgraphs.users.service.tokens import (
    AccessToken,
    AccessTokens,
    hash_random_token,
    new_random_token,
)
from marquee_subgraphs.users.store import UserStore


@dataclass(frozen=True, slots=True)
class Client:
    """The device that sent a request, as far as the router knows it."""

    address: str | None = None
    device: str | None = None
    device_token: str | None = None
    """What the device received when it signed in last."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A user with fresh tokens."""

    user: UserRecord
    access: AccessToken
    refresh_token: str
    device_token: str | None = None
    """Shows at later sign-ins that the device is known; None when the session is only continued."""


class SessionIssuer:
    """The steps that all use cases with sessions share."""

    def __init__(self, store: UserStore, tokens: AccessTokens, ended: EndedSessions) -> None:
        self._store = store
        self._tokens = tokens
        self._ended = ended

    async def open(self, tx: Transaction, user: UserRecord, client: Client, now: datetime) -> SignedIn:
        """Add a session of the user, issue its first tokens, and remember the device."""
        session = SessionRecord(
            id=new_id("ses", now), user_id=user.id, device=client.device, created_at=now, last_seen_at=now
        )
        await self._store.sessions.insert(tx, session)
        signed_in = await self.issue(tx, user, session.id, now)
        return replace(signed_in, device_token=await self._remember(tx, user, client.device_token, now))

    async def issue(self, tx: Transaction, user: UserRecord, session_id: str, now: datetime) -> SignedIn:
        """Issue an access token and a refresh token of an existing session."""
        refresh_token = new_random_token()
        await self._store.sessions.insert_refresh_token(
            tx, hash_random_token(refresh_token), session_id, now + REFRESH_TOKEN_LIFETIME
        )
        return SignedIn(user, self._tokens.issue(user, session_id, now), refresh_token)

    async def end(self, tx: Transaction, user_id: str, session_id: str, now: datetime) -> None:
        """Revoke one session of the user, and its access tokens once the transaction has committed."""
        self._revoke_tokens(tx, await self._store.sessions.revoke(tx, user_id, session_id, now))

    async def end_all(self, tx: Transaction, user_id: str, now: datetime, *, but: str | None = None) -> None:
        """Revoke every session of the user except `but`, and their access tokens after the commit."""
        self._revoke_tokens(tx, await self._store.sessions.revoke_all(tx, user_id, now, but=but))

    async def _remember(self, tx: Transaction, user: UserRecord, token: str | None, now: datetime) -> str:
        """Return the token of a device that is known for longer now, a new one for an unknown device."""
        expires_at = now + KNOWN_DEVICE_LIFETIME
        if token is not None and await self._store.devices.extend(
            tx, hash_random_token(token), user.id, now=now, expires_at=expires_at
        ):
            return token
        fresh = new_random_token()
        await self._store.devices.insert(tx, hash_random_token(fresh), user.id, expires_at)
        return fresh

    def _revoke_tokens(self, tx: Transaction, session_ids: list[str]) -> None:
        # After the commit: a transaction that rolls back has ended no session.
        tx.after_commit(partial(self._ended.add, session_ids))
