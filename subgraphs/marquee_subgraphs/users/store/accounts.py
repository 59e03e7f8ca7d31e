"""Accounts in the users database. Leaves erasures to `erasures.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, bindparam, func, or_, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from marquee_subgraphs.kit.database import Connection, Transaction
from marquee_subgraphs.kit.locale import Locale
from marquee_subgraphs.kit.pagination import PageRequest
from marquee_subgraphs.users.domain import Role, UserRecord
from marquee_subgraphs.users.tables import USERS

# A record is read without `password_hash`: only the check of a password needs it.
_PROFILE = [column for column in USERS.c if column is not USERS.c.password_hash]

# The statements of the hot paths are built once: on SQLite, building a statement costs more than running it.
_FIND = select(*_PROFILE).where(USERS.c.id == bindparam("user_id"))
_FIND_MANY = select(*_PROFILE).where(USERS.c.id.in_(bindparam("user_ids", expanding=True)))


class AccountStore:
    """Reads and writes of accounts; each method is one statement."""

    async def insert(self, tx: Transaction, user: UserRecord, password_hash: str) -> bool:
        """Add an account. Returns False, and writes nothing, when the email is taken."""
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
        """Return the account with this id, or None."""
        row = (await connection.execute(_FIND, {"user_id": user_id})).first()
        return None if row is None else _user(row)

    async def find_many(self, connection: Connection, user_ids: Sequence[str]) -> dict[str, UserRecord]:
        """Return the accounts with these ids, by id; an unknown id is left out."""
        rows = await connection.execute(_FIND_MANY, {"user_ids": list(user_ids)})
        return {row.id: _user(row) for row in rows}

    async def find_credentials(
        self, connection: Connection, email: str
    ) -> tuple[UserRecord | None, str | None]:
        """Return the account with this email and its password hash, or two Nones."""
        query = select(*_PROFILE, USERS.c.password_hash).where(USERS.c.email == email)
        row = (await connection.execute(query)).first()
        return (None, None) if row is None else (_user(row), row.password_hash)

    async def password_hash(self, connection: Connection, user_id: str) -> str | None:
        """Return the password hash of an account, or None when there is no such account."""
        query = select(USERS.c.password_hash).where(USERS.c.id == user_id)
        password_hash: str | None = await connection.scalar(query)
        return password_hash

    async def set_profile(self, tx: Transaction, user: UserRecord) -> bool:
        """Write the fields that users change themselves. Returns False when another account has the email.

        After False the transaction can only be rolled back.
        """
        statement = (
            update(USERS)
            .where(USERS.c.id == user.id)
            .values(name=user.name, email=user.email, locale=user.locale.value, phone=user.phone)
        )
        try:
            await tx.execute(statement)
        except IntegrityError:
            return False
        return True

    async def set_role(self, tx: Transaction, user_id: str, role: Role, cinema_ids: Sequence[str]) -> None:
        """Write an account's role and the cinemas it works at."""
        await tx.execute(
            update(USERS).where(USERS.c.id == user_id).values(role=role.value, cinema_ids=list(cinema_ids))
        )

    async def set_password(self, tx: Transaction, user_id: str, password_hash: str) -> None:
        """Write an account's password hash."""
        await tx.execute(update(USERS).where(USERS.c.id == user_id).values(password_hash=password_hash))

    async def page(
        self, connection: Connection, request: PageRequest, text: str | None, role: Role | None
    ) -> list[UserRecord]:
        """Return up to `first + 1` accounts, newest first. The one in excess says that a next page exists."""
        query = _filtered(select(*_PROFILE), text, role)
        if request.after is not None:
            query = query.where(tuple_(USERS.c.created_at, USERS.c.id) < request.after)
        query = query.order_by(USERS.c.created_at.desc(), USERS.c.id.desc()).limit(request.first + 1)
        return [_user(row) for row in await connection.execute(query)]

    async def count(self, connection: Connection, text: str | None, role: Role | None) -> int:
        """Return the number of accounts that `page` would list with the same filter."""
        return int(await connection.scalar(_filtered(select(func.count()).select_from(USERS), text, role)))


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
        # `autoescape`: a "%" in the text is a percent sign, not a wildcard.
        matches = [column.icontains(text, autoescape=True) for column in (USERS.c.name, USERS.c.email)]
        query = query.where(or_(*matches))
    if role is not None:
        query = query.where(USERS.c.role == role.value)
    return query
