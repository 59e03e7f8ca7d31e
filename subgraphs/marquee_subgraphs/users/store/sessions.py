"""Sessions and their refresh tokens in the users database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update

from marquee_subgraphs.kit.database import Connection, Transaction
from marquee_subgraphs.users.domain import SessionRecord
from marquee_subgraphs.users.tables import REFRESH_TOKENS, SESSIONS


@dataclass(frozen=True, slots=True)
class RefreshTokenRecord:
    """A refresh token as stored, with the session it belongs to."""

    session_id: str
    user_id: str
    expires_at: datetime
    session_revoked_at: datetime | None


class SessionStore:
    """Reads and writes of sessions; each method is one statement unless it says otherwise."""

    async def insert(self, tx: Transaction, session: SessionRecord) -> None:
        """Add a session."""
        await tx.execute(
            SESSIONS.insert().values(
                id=session.id,
                user_id=session.user_id,
                device=session.device,
                created_at=session.created_at,
                last_seen_at=session.last_seen_at,
            )
        )

    async def of_users(
        self, connection: Connection, user_ids: Sequence[str]
    ) -> Mapping[str, list[SessionRecord]]:
        """Return the live sessions of each user, most recently seen first."""
        rows = await connection.execute(
            select(SESSIONS)
            .where(SESSIONS.c.user_id.in_(user_ids), SESSIONS.c.revoked_at.is_(None))
            .order_by(SESSIONS.c.last_seen_at.desc(), SESSIONS.c.id.desc())
        )
        found: dict[str, list[SessionRecord]] = {user_id: [] for user_id in user_ids}
        for row in rows:
            found[row.user_id].append(SessionRecord(**row._mapping))
        return found

    async def touch(self, tx: Transaction, session_id: str, now: datetime) -> None:
        """Write that the session was seen at `now`."""
        await tx.execute(update(SESSIONS).where(SESSIONS.c.id == session_id).values(last_seen_at=now))

    async def revoke(self, tx: Transaction, user_id: str, session_id: str, now: datetime) -> list[str]:
        """Revoke one session of the user. Returns its id, or nothing when it was revoked before."""
        statement = update(SESSIONS).where(
            SESSIONS.c.id == session_id, SESSIONS.c.user_id == user_id, SESSIONS.c.revoked_at.is_(None)
        )
        return list(await tx.scalars(statement.values(revoked_at=now).returning(SESSIONS.c.id)))

    async def revoke_all(
        self, tx: Transaction, user_id: str, now: datetime, *, but: str | None = None
    ) -> list[str]:
        """Revoke every live session of the user except `but`. Returns the ids of those revoked now."""
        statement = update(SESSIONS).where(SESSIONS.c.user_id == user_id, SESSIONS.c.revoked_at.is_(None))
        if but is not None:
            statement = statement.where(SESSIONS.c.id != but)
        return list(await tx.scalars(statement.values(revoked_at=now).returning(SESSIONS.c.id)))

    async def insert_refresh_token(
        self, tx: Transaction, hash_: str, session_id: str, expires_at: datetime
    ) -> None:
        """Add a refresh token, by its hash."""
        await tx.execute(
            REFRESH_TOKENS.insert().values(hash=hash_, session_id=session_id, expires_at=expires_at)
        )

    async def find_refresh_token(self, connection: Connection, hash_: str) -> RefreshTokenRecord | None:
        """Return the token with this hash, spent or not, or None."""
        query = (
            select(
                REFRESH_TOKENS.c.session_id,
                SESSIONS.c.user_id,
                REFRESH_TOKENS.c.expires_at,
                SESSIONS.c.revoked_at.label("session_revoked_at"),
            )
            .join(SESSIONS, SESSIONS.c.id == REFRESH_TOKENS.c.session_id)
            .where(REFRESH_TOKENS.c.hash == hash_)
        )
        row = (await connection.execute(query)).first()
        return None if row is None else RefreshTokenRecord(**row._mapping)

    async def spend_refresh_token(self, tx: Transaction, hash_: str, now: datetime) -> bool:
        """Mark a token as spent. Returns False when it was spent before."""
        # `spent_at IS NULL` decides the race: of two requests with the same token one updates a row.
        rows = await tx.execute(
            update(REFRESH_TOKENS)
            .where(REFRESH_TOKENS.c.hash == hash_, REFRESH_TOKENS.c.spent_at.is_(None))
            .values(spent_at=now)
        )
        return rows.rowcount == 1

    async def delete_expired(self, tx: Transaction, now: datetime) -> None:
        """Delete expired refresh tokens, then the sessions that have no token left. Two statements."""
        # A spent token stays until it expires: only a stored token shows that somebody used it twice.
        await tx.execute(delete(REFRESH_TOKENS).where(REFRESH_TOKENS.c.expires_at <= now))
        held = select(REFRESH_TOKENS.c.session_id).where(REFRESH_TOKENS.c.session_id == SESSIONS.c.id)
        await tx.execute(delete(SESSIONS).where(~held.exists()))
