"""The users database: accounts, sessions, refresh tokens, erasure receipts. The only SQL of this subgraph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    MetaData,
    Select,
    String,
    Table,
    Text,
    bindparam,
    delete,
    func,
    or_,
    select,
    tuple_,
    update,
)

from marquee_subgraphs.kit.database import Connection, Json, Transaction, UtcDateTime
from marquee_subgraphs.kit.locale import Locale
from marquee_subgraphs.kit.pagination import PageRequest
from marquee_subgraphs.users.domain import ERASING_SUBGRAPHS, Role, SessionRecord, UserRecord

TABLES = MetaData()

USERS = Table(
    "users",
    TABLES,
    Column("id", String(40), primary_key=True),
    Column("email", String(254), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("role", String(20), nullable=False),
    Column("locale", String(8), nullable=False),
    Column("cinema_ids", Json, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("erasure_requested_at", UtcDateTime),
    Column("erased_at", UtcDateTime),
    Column("phone", String(16)),
    Index("users_by_age", "created_at", "id"),
)
SESSIONS = Table(
    "sessions",
    TABLES,
    Column("id", String(40), primary_key=True),
    Column("user_id", String(40), ForeignKey("users.id"), nullable=False, index=True),
    Column("device", String(200)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
)
REFRESH_TOKENS = Table(
    "refresh_tokens",
    TABLES,
    Column("hash", String(64), primary_key=True),
    Column("session_id", String(40), ForeignKey("sessions.id"), nullable=False, index=True),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("spent_at", UtcDateTime),
)
ERASURE_RECEIPTS = Table(
    "erasure_receipts",
    TABLES,
    Column("user_id", String(40), primary_key=True),
    Column("subgraph", String(40), primary_key=True),
    Column("received_at", UtcDateTime, nullable=False),
)

_PROFILE = (
    USERS.c.id,
    USERS.c.email,
    USERS.c.name,
    USERS.c.role,
    USERS.c.locale,
    USERS.c.cinema_ids,
    USERS.c.created_at,
    USERS.c.erasure_requested_at,
    USERS.c.erased_at,
    USERS.c.phone,
)

# Statements of the hot paths are built once: building one costs more than running it on SQLite.
_FIND = select(*_PROFILE).where(USERS.c.id == bindparam("user_id"))
_FIND_MANY = select(*_PROFILE).where(USERS.c.id.in_(bindparam("user_ids", expanding=True)))


@dataclass(frozen=True, slots=True)
class RefreshTokenRecord:
    """A refresh token as stored, with the session it belongs to."""

    session_id: str
    user_id: str
    expires_at: datetime
    spent_at: datetime | None
    session_revoked_at: datetime | None


class UserStore:
    """Reads and writes of the users database; each method is one statement or says otherwise."""

    async def insert_user(self, tx: Transaction, user: UserRecord, password_hash: str) -> bool:
        """Add an account; False, and nothing written, when the email is taken."""
        rows = await tx.execute(
            tx.insert(USERS)
            .values(
                id=user.id,
                email=user.email,
                name=user.name,
                role=user.role.value,
                locale=user.locale.value,
                cinema_ids=list(user.cinema_ids),
                password_hash=password_hash,
                created_at=user.created_at,
            )
            .on_conflict_do_nothing(index_elements=[USERS.c.email])
        )
        return rows.rowcount == 1

    async def find(self, connection: Connection, user_id: str) -> UserRecord | None:
        row = (await connection.execute(_FIND, {"user_id": user_id})).first()
        return None if row is None else _user(row)

    async def find_many(self, connection: Connection, user_ids: Sequence[str]) -> dict[str, UserRecord]:
        """The accounts of these ids, whichever there are."""
        rows = await connection.execute(_FIND_MANY, {"user_ids": list(user_ids)})
        return {row.id: _user(row) for row in rows}

    async def find_credentials(
        self, connection: Connection, email: str
    ) -> tuple[UserRecord | None, str | None]:
        """The account of an email with its password hash, or Nones."""
        row = (
            await connection.execute(select(*_PROFILE, USERS.c.password_hash).where(USERS.c.email == email))
        ).first()
        return (None, None) if row is None else (_user(row), row.password_hash)

    async def password_hash(self, connection: Connection, user_id: str) -> str | None:
        hash_: str | None = await connection.scalar(
            select(USERS.c.password_hash).where(USERS.c.id == user_id)
        )
        return hash_

    async def email_is_taken(self, connection: Connection, email: str, *, by_other_than: str) -> bool:
        query = select(USERS.c.id).where(USERS.c.email == email, USERS.c.id != by_other_than)
        return await connection.scalar(query) is not None

    async def set_profile(self, tx: Transaction, user: UserRecord) -> None:
        """Write what people change of themselves. Raises `IntegrityError` when a racing account took the
        email.
        """
        await tx.execute(
            update(USERS)
            .where(USERS.c.id == user.id)
            .values(name=user.name, email=user.email, locale=user.locale.value, phone=user.phone)
        )

    async def set_role(self, tx: Transaction, user_id: str, role: Role, cinema_ids: Sequence[str]) -> None:
        await tx.execute(
            update(USERS).where(USERS.c.id == user_id).values(role=role.value, cinema_ids=list(cinema_ids))
        )

    async def set_password(self, tx: Transaction, user_id: str, password_hash: str) -> None:
        await tx.execute(update(USERS).where(USERS.c.id == user_id).values(password_hash=password_hash))

    async def page(
        self, connection: Connection, request: PageRequest, text: str | None, role: Role | None
    ) -> list[UserRecord]:
        """Up to `first + 1` accounts, newest first."""
        query = _filtered(select(*_PROFILE), text, role)
        if request.after is not None:
            query = query.where(tuple_(USERS.c.created_at, USERS.c.id) < request.after)
        query = query.order_by(USERS.c.created_at.desc(), USERS.c.id.desc()).limit(request.first + 1)
        return [_user(row) for row in await connection.execute(query)]

    async def count(self, connection: Connection, text: str | None, role: Role | None) -> int:
        return int(await connection.scalar(_filtered(select(func.count()).select_from(USERS), text, role)))

    async def insert_session(self, tx: Transaction, session: SessionRecord) -> None:
        await tx.execute(
            SESSIONS.insert().values(
                id=session.id,
                user_id=session.user_id,
                device=session.device,
                created_at=session.created_at,
                last_seen_at=session.last_seen_at,
            )
        )

    async def sessions_of(
        self, connection: Connection, user_ids: Sequence[str]
    ) -> Mapping[str, list[SessionRecord]]:
        """The live sessions of each user, latest seen first."""
        rows = await connection.execute(
            select(SESSIONS)
            .where(SESSIONS.c.user_id.in_(user_ids), SESSIONS.c.revoked_at.is_(None))
            .order_by(SESSIONS.c.last_seen_at.desc(), SESSIONS.c.id.desc())
        )
        found: dict[str, list[SessionRecord]] = {user_id: [] for user_id in user_ids}
        for row in rows:
            found[row.user_id].append(SessionRecord(**row._mapping))
        return found

    async def touch_session(self, tx: Transaction, session_id: str, now: datetime) -> None:
        await tx.execute(update(SESSIONS).where(SESSIONS.c.id == session_id).values(last_seen_at=now))

    async def revoke_session(
        self, tx: Transaction, user_id: str, session_id: str, now: datetime
    ) -> list[str]:
        """End one session of the user; its id, or nothing when it had ended."""
        statement = update(SESSIONS).where(
            SESSIONS.c.id == session_id, SESSIONS.c.user_id == user_id, SESSIONS.c.revoked_at.is_(None)
        )
        return list(await tx.scalars(statement.values(revoked_at=now).returning(SESSIONS.c.id)))

    async def revoke_sessions(
        self, tx: Transaction, user_id: str, now: datetime, *, but: str | None = None
    ) -> list[str]:
        """End every session of the user, but one when it is named; the ids of those that end now."""
        statement = update(SESSIONS).where(SESSIONS.c.user_id == user_id, SESSIONS.c.revoked_at.is_(None))
        if but is not None:
            statement = statement.where(SESSIONS.c.id != but)
        return list(await tx.scalars(statement.values(revoked_at=now).returning(SESSIONS.c.id)))

    async def insert_refresh_token(
        self, tx: Transaction, hash_: str, session_id: str, expires_at: datetime
    ) -> None:
        await tx.execute(
            REFRESH_TOKENS.insert().values(hash=hash_, session_id=session_id, expires_at=expires_at)
        )

    async def find_refresh_token(self, connection: Connection, hash_: str) -> RefreshTokenRecord | None:
        row = (
            await connection.execute(
                select(
                    REFRESH_TOKENS.c.session_id,
                    SESSIONS.c.user_id,
                    REFRESH_TOKENS.c.expires_at,
                    REFRESH_TOKENS.c.spent_at,
                    SESSIONS.c.revoked_at.label("session_revoked_at"),
                )
                .join(SESSIONS, SESSIONS.c.id == REFRESH_TOKENS.c.session_id)
                .where(REFRESH_TOKENS.c.hash == hash_)
            )
        ).first()
        return None if row is None else RefreshTokenRecord(**row._mapping)

    async def spend_refresh_token(self, tx: Transaction, hash_: str, now: datetime) -> bool:
        """Use a token up; False when another use came first. The guard makes it safe against races."""
        rows = await tx.execute(
            update(REFRESH_TOKENS)
            .where(REFRESH_TOKENS.c.hash == hash_, REFRESH_TOKENS.c.spent_at.is_(None))
            .values(spent_at=now)
        )
        return rows.rowcount == 1

    async def delete_expired(self, tx: Transaction, now: datetime) -> int:
        """Forget refresh tokens past their end, then sessions left without any; answers how many tokens.

        Two statements. A spent token must stay until its end: it is how its reuse is noticed.
        """
        tokens = await tx.execute(delete(REFRESH_TOKENS).where(REFRESH_TOKENS.c.expires_at <= now))
        held = select(REFRESH_TOKENS.c.session_id).where(REFRESH_TOKENS.c.session_id == SESSIONS.c.id)
        await tx.execute(delete(SESSIONS).where(~held.exists()))
        return tokens.rowcount

    async def request_erasure(self, tx: Transaction, user_id: str, now: datetime) -> bool:
        """Mark the account as being erased; False when it was already."""
        rows = await tx.execute(
            update(USERS)
            .where(USERS.c.id == user_id, USERS.c.erasure_requested_at.is_(None))
            .values(erasure_requested_at=now)
        )
        return rows.rowcount == 1

    async def add_receipt(self, tx: Transaction, user_id: str, subgraph: str, now: datetime) -> bool:
        """Note that a subgraph has erased; True when with it all have, and the account itself has not
        been yet.

        Three statements.
        """
        await tx.execute(
            tx.insert(ERASURE_RECEIPTS)
            .values(user_id=user_id, subgraph=subgraph, received_at=now)
            .on_conflict_do_nothing()
        )
        receipts = await tx.scalars(
            select(ERASURE_RECEIPTS.c.subgraph).where(ERASURE_RECEIPTS.c.user_id == user_id)
        )
        if not set(receipts) >= ERASING_SUBGRAPHS:
            return False
        pending = select(USERS.c.id).where(
            USERS.c.id == user_id, USERS.c.erasure_requested_at.is_not(None), USERS.c.erased_at.is_(None)
        )
        return await tx.scalar(pending) is not None

    async def receipts(self, connection: Connection, user_id: str) -> list[str]:
        return await connection.scalars(
            select(ERASURE_RECEIPTS.c.subgraph)
            .where(ERASURE_RECEIPTS.c.user_id == user_id)
            .order_by(ERASURE_RECEIPTS.c.subgraph)
        )

    async def erase(self, tx: Transaction, user_id: str, now: datetime) -> None:
        """Overwrite what names the person; the row stays, for others refer to its id. Two statements."""
        await tx.execute(
            update(USERS)
            .where(USERS.c.id == user_id)
            .values(
                name="—",
                email=f"erased+{user_id}@marquee.invalid",
                phone=None,
                password_hash="",
                erased_at=now,
            )
        )
        await tx.execute(update(SESSIONS).where(SESSIONS.c.user_id == user_id).values(device=None))


def _user(row: Any) -> UserRecord:
    return UserRecord(
        id=row.id,
        email=row.email,
        name=row.name,
        role=Role(row.role),
        locale=Locale(row.locale),
        cinema_ids=tuple(row.cinema_ids),
        created_at=row.created_at,
        erasure_requested_at=row.erasure_requested_at,
        erased_at=row.erased_at,
        phone=row.phone,
    )


def _filtered(query: Select[Any], text: str | None, role: Role | None) -> Select[Any]:
    if text:
        query = query.where(
            or_(USERS.c.name.icontains(text, autoescape=True), USERS.c.email.icontains(text, autoescape=True))
        )
    if role is not None:
        query = query.where(USERS.c.role == role.value)
    return query
