"""Use cases of sessions: signing in and out, refreshing tokens, a new password, cleaning up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.users.domain import SessionRecord, UserRecord
from marquee_subgraphs.users.errors import SessionRevoked
from marquee_subgraphs.users.service.credentials import Credentials
from marquee_subgraphs.users.service.session_issuer import Client, SessionIssuer, SignedIn
from marquee_subgraphs.users.service.tokens import hash_random_token
from marquee_subgraphs.users.store import UserStore


class Sessions:
    """Opens, continues, lists and ends sessions."""

    def __init__(
        self, backend: Backend, store: UserStore, credentials: Credentials, issuer: SessionIssuer
    ) -> None:
        self._backend = backend
        self._store = store
        self._credentials = credentials
        self._issuer = issuer

    async def sign_in(self, *, email: str, password: str, client: Client) -> SignedIn:
        """Open a session. Raises `RateLimited`, `InvalidCredentials`."""
        proven = await self._credentials.prove(email, password, client)
        user = proven.user

        async def work(tx: Transaction) -> SignedIn:
            if proven.new_hash is not None:
                await self._store.accounts.set_password(tx, user.id, proven.new_hash)
            return await self._issuer.open(tx, user, client, self._backend.clock.now())

        return await self._backend.database.run(work)

    async def refresh(self, *, refresh_token: str) -> SignedIn:
        """Exchange a refresh token for new tokens of the same session; the old one is spent.

        Raises `SessionRevoked`. A token that was spent before also revokes its session.
        """
        now = self._backend.clock.now()
        hash_ = hash_random_token(refresh_token)

        async def work(tx: Transaction) -> SignedIn | None:
            token = await self._store.sessions.find_refresh_token(tx, hash_)
            if token is None or token.session_revoked_at is not None or token.expires_at <= now:
                return None
            if not await self._store.sessions.spend_refresh_token(tx, hash_, now):
                # A token used twice has two holders, and one of them stole it. Returning None commits the
                # revocation; raising here would roll it back.
                await self._issuer.end(tx, token.user_id, token.session_id, now)
                return None
            user = await self._store.accounts.find(tx, token.user_id)
            if user is None or not user.is_active:
                return None
            await self._store.sessions.touch(tx, token.session_id, now)
            return await self._issuer.issue(tx, user, token.session_id, now)

        signed_in = await self._backend.database.run(work)
        if signed_in is None:
            raise SessionRevoked
        return signed_in

    async def sign_out(self, viewer: Viewer, *, all_devices: bool) -> None:
        """End this session, or all of the user's. Raises `Unauthenticated`."""
        user_id = viewer.require_user()
        now = self._backend.clock.now()
        async with self._backend.database.transaction() as tx:
            if all_devices:
                await self._issuer.end_all(tx, user_id, now)
            elif viewer.session_id is not None:
                await self._issuer.end(tx, user_id, viewer.session_id, now)

    async def change_password(self, viewer: Viewer, *, current: str, new: str) -> UserRecord:
        """Set a new password and end all other sessions.

        Raises `Unauthenticated`, `RateLimited`, `InvalidCredentials`, `WeakPassword`.
        """
        user = await self._credentials.confirm(viewer, current)
        password_hash = await self._credentials.hash_new(
            new, email=user.email, name=user.name, field="newPassword"
        )
        async with self._backend.database.transaction() as tx:
            await self._store.accounts.set_password(tx, user.id, password_hash)
            await self._issuer.end_all(tx, user.id, self._backend.clock.now(), but=viewer.session_id)
        return user

    async def sessions_by_user(self, user_ids: Sequence[str]) -> Mapping[str, list[SessionRecord]]:
        """Batch load of live sessions."""
        async with self._backend.database.read() as connection:
            return await self._store.sessions.of_users(connection, user_ids)

    async def delete_expired(self) -> None:
        """Delete expired refresh tokens, sessions without a token, and devices not used for long."""
        async with self._backend.database.transaction(durable=False) as tx:
            now = self._backend.clock.now()
            await self._store.sessions.delete_expired(tx, now)
            await self._store.devices.delete_expired(tx, now)
