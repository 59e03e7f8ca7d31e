"""Use cases of a person's own data: exporting it, having it erased."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.events import Envelope
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.refusals import NotAllowed, Unauthenticated
from marquee_subgraphs.users.domain import Role, SessionRecord, UserRecord
from marquee_subgraphs.users.events.published import UserErased, UserErasureRequested
from marquee_subgraphs.users.service.credentials import Credentials
from marquee_subgraphs.users.service.session_issuer import SessionIssuer
from marquee_subgraphs.users.store import UserStore


class Privacy:
    """Exports a person's data, and erases the account once every other subgraph has erased its part."""

    def __init__(
        self, backend: Backend, store: UserStore, credentials: Credentials, sessions: SessionIssuer
    ) -> None:
        self._backend = backend
        self._store = store
        self._credentials = credentials
        self._sessions = sessions

    async def export(self, viewer: Viewer) -> dict[str, object]:
        """Return all data that this subgraph keeps of the user, without secrets. Raises `Unauthenticated`."""
        user_id = viewer.require_user()
        async with self._backend.database.read() as connection:
            user = await self._store.accounts.find(connection, user_id)
            if user is None:
                raise Unauthenticated
            sessions = (await self._store.sessions.of_users(connection, [user_id]))[user_id]
        return {"user": _exported_user(user), "sessions": [_exported_session(each) for each in sessions]}

    async def request_erasure(self, viewer: Viewer, *, password: str) -> datetime:
        """Start the erasure of the account and return when it was first requested.

        The sessions end now. Each subgraph that keeps personal data erases it and sends a receipt; with the
        last receipt the account is erased. Raises `Unauthenticated`, `RateLimited`, `InvalidCredentials`,
        `NotAllowed` for staff.
        """
        user = await self._credentials.confirm(viewer, password)
        if user.role is not Role.CUSTOMER:
            raise NotAllowed("Staff accounts are closed by an admin: become a customer first.")
        now = self._backend.clock.now()
        async with self._backend.database.transaction() as tx:
            if not await self._store.erasures.request(tx, user.id, now):
                return user.erasure_requested_at or now
            await self._sessions.end_all(tx, user.id, now)
            requested = UserErasureRequested(user_id=user.id)
            await self._backend.outbox.add(tx, requested, aggregate_id=user.id)
        return now

    async def receive_receipt(self, tx: Transaction, user_id: str, subgraph: str, cause: Envelope) -> None:
        """Record that a subgraph has erased the user; with the last receipt, erase the account."""
        now = cause.occurred_at
        if await self._store.erasures.add_receipt(tx, user_id, subgraph, now):
            await self._store.erasures.erase(tx, user_id, now)
            erased = UserErased(user_id=user_id, subgraph="users")
            await self._backend.outbox.add(tx, erased, aggregate_id=user_id, cause=cause)


def _exported_user(user: UserRecord) -> Mapping[str, object]:
    return {
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "role": user.role.name,
        "locale": user.locale.name,
        "phone": user.phone,
        "createdAt": user.created_at.isoformat(),
    }


def _exported_session(session: SessionRecord) -> Mapping[str, object]:
    return {
        "id": session.id,
        "device": session.device,
        "createdAt": session.created_at.isoformat(),
        "lastSeenAt": session.last_seen_at.isoformat(),
    }
