"""The use cases of accounts: one method each, one transaction each. Passwords are hashed outside
transactions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.exc import IntegrityError

from marquee_subgraphs.kit.audit import AuditLog
from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.kit.database import Database, Transaction
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.kit.locale import Locale
from marquee_subgraphs.kit.pagination import Page, PageRequest
from marquee_subgraphs.kit.refusals import InvalidInput, NotAllowed, NotFound, Unauthenticated
from marquee_subgraphs.kit.validation import InputCheck, normalize_email
from marquee_subgraphs.users.domain import (
    PASSWORD_LENGTH,
    REFRESH_TOKEN_LIFETIME,
    Role,
    SessionRecord,
    UserRecord,
    password_problem,
)
from marquee_subgraphs.users.ended_sessions import EndedSessions
from marquee_subgraphs.users.errors import EmailTaken, InvalidCredentials, SessionRevoked, WeakPassword
from marquee_subgraphs.users.events import UserEvents
from marquee_subgraphs.users.passwords import Passwords
from marquee_subgraphs.users.store import UserStore
from marquee_subgraphs.users.throttle import SignInThrottle
from marquee_subgraphs.users.tokens import AccessToken, AccessTokens, hash_refresh_token, new_refresh_token


@dataclass(frozen=True, slots=True)
class Client:
    """The device a request comes from, as far as the router tells."""

    address: str | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A user with fresh tokens."""

    user: UserRecord
    access: AccessToken
    refresh_token: str


class UserService:
    """Accounts and sessions."""

    def __init__(
        self,
        *,
        database: Database,
        store: UserStore,
        events: UserEvents,
        audit: AuditLog,
        passwords: Passwords,
        tokens: AccessTokens,
        throttle: SignInThrottle,
        clock: Clock,
    ) -> None:
        self.ended_sessions = EndedSessions(clock)
        """What a router in this process asks of each token."""
        self._database = database
        self._store = store
        self._events = events
        self.audit = audit
        self._passwords = passwords
        self._tokens = tokens
        self._throttle = throttle
        self._clock = clock

    @property
    def jwks(self) -> Mapping[str, object]:
        """The public keys of access tokens, as a JWKS document."""
        return self._tokens.jwks

    # Signing in and out

    async def register(
        self, *, name: str, email: str, password: str, locale: Locale | None, client: Client
    ) -> SignedIn:
        """Make a customer's account and sign in. Raises `InvalidInputs`, `WeakPassword`, `EmailTaken`."""
        with InputCheck() as check:
            name = check.text("name", name, most=100)
            email = check.email("email", email)
        _check_password(password, email=email, name=name, field="password")
        password_hash = await self._passwords.hash(password)
        now = self._clock.now()
        user = UserRecord(
            id=new_id("usr", now),
            email=email,
            name=name,
            role=Role.CUSTOMER,
            locale=locale or Locale.ES,
            cinema_ids=(),
            created_at=now,
        )

        async def work(tx: Transaction) -> SignedIn:
            if not await self._store.insert_user(tx, user, password_hash):
                raise EmailTaken
            await self._events.registered(tx, user)
            return await self._open_session(tx, user, client, now)

        return await self._database.run(work)

    async def sign_in(self, *, email: str, password: str, client: Client) -> SignedIn:
        """Open a session. Raises `RateLimited`, `InvalidCredentials`."""
        now = self._clock.now()
        email = normalize_email(email[:400])
        await self._throttle.check(email, client.address, now)
        async with self._database.read() as connection:
            user, password_hash = await self._store.find_credentials(connection, email)
        matches = await self._passwords.verify(
            password_hash,
            password[: PASSWORD_LENGTH[1] + 1],
            permit=lambda: self._throttle.check(email, client.address, now),
        )
        if not matches or user is None or not user.is_active:
            await self._throttle.failed(email, client.address, now)
            raise InvalidCredentials
        await self._throttle.succeeded(email)
        rehashed = None
        if password_hash is not None and self._passwords.needs_rehash(password_hash):
            rehashed = await self._passwords.hash(password)
        signed_in_user = user

        async def work(tx: Transaction) -> SignedIn:
            if rehashed is not None:
                await self._store.set_password(tx, signed_in_user.id, rehashed)
            return await self._open_session(tx, signed_in_user, client, now)

        return await self._database.run(work)

    async def refresh(self, *, refresh_token: str) -> SignedIn:
        """Rotate a refresh token. A spent one that comes again revokes its session: one of two holders
        is a thief.

        Raises `SessionRevoked`.
        """
        now = self._clock.now()
        hash_ = hash_refresh_token(refresh_token)

        async def work(tx: Transaction) -> SignedIn | None:
            token = await self._store.find_refresh_token(tx, hash_)
            if token is None or token.session_revoked_at is not None or token.expires_at <= now:
                return None
            if not await self._store.spend_refresh_token(tx, hash_, now):
                # Committed, unlike a refusal, which would take the revocation back.
                self._end(tx, await self._store.revoke_session(tx, token.user_id, token.session_id, now))
                return None
            user = await self._store.find(tx, token.user_id)
            if user is None or not user.is_active:
                return None
            await self._store.touch_session(tx, token.session_id, now)
            return await self._issue(tx, user, token.session_id, now)

        signed_in = await self._database.run(work)
        if signed_in is None:
            raise SessionRevoked
        return signed_in

    async def sign_out(self, viewer: Viewer, *, all_devices: bool) -> None:
        """End this session, or all of the user's. Raises `Unauthenticated`."""
        user_id = viewer.require_user()
        now = self._clock.now()
        async with self._database.transaction() as tx:
            if all_devices:
                self._end(tx, await self._store.revoke_sessions(tx, user_id, now))
            elif viewer.session_id is not None:
                self._end(tx, await self._store.revoke_session(tx, user_id, viewer.session_id, now))

    # Reading

    async def users_by_id(self, ids: Sequence[str]) -> Mapping[str, UserRecord]:
        """Batch load for entities: whoever there is of these ids."""
        async with self._database.read() as connection:
            return await self._store.find_many(connection, ids)

    async def sessions_by_user(self, user_ids: Sequence[str]) -> Mapping[str, list[SessionRecord]]:
        """Batch load of live sessions."""
        async with self._database.read() as connection:
            return await self._store.sessions_of(connection, user_ids)

    async def page(
        self, viewer: Viewer, request: PageRequest, *, text: str | None, role: Role | None
    ) -> Page[UserRecord]:
        """Accounts, newest first. Raises `NotAllowed` without the scope users:read, and `InvalidInput`."""
        viewer.require_scope("users:read")
        if text is not None and len(text) > 100:
            raise InvalidInput("at most 100 characters are searched for", ["filter", "text"])
        async with self._database.read() as connection:
            rows = await self._store.page(connection, request, text, role)
        return Page.of(rows, request, lambda user: (user.created_at, user.id))

    async def count(self, *, text: str | None, role: Role | None) -> int:
        """How many accounts the same filter finds."""
        async with self._database.read() as connection:
            return await self._store.count(connection, text, role)

    # Changing

    async def update(
        self,
        viewer: Viewer,
        *,
        name: str | None,
        email: str | None,
        locale: Locale | None,
        phone: str | None = None,
    ) -> UserRecord:
        """Change one's own profile; what is None stays, and an empty phone takes it away.

        Raises `InvalidInputs`, `EmailTaken`, `Unauthenticated`.
        """
        user_id = viewer.require_user()
        with InputCheck() as check:
            new_name = None if name is None else check.text("name", name, most=100)
            new_email = None if email is None else check.email("email", email)
            new_phone = check.phone("phone", phone) if phone else None

        async def work(tx: Transaction) -> UserRecord:
            user = await self._require(tx, user_id)
            changed = replace(
                user,
                name=user.name if new_name is None else new_name,
                email=user.email if new_email is None else new_email,
                locale=user.locale if locale is None else locale,
                phone=user.phone if phone is None else new_phone,
            )
            if changed == user:
                return user
            if await self._store.email_is_taken(tx, changed.email, by_other_than=user_id):
                raise EmailTaken
            await self._store.set_profile(tx, changed)
            await self._events.updated(tx, changed)
            return changed

        try:
            return await self._database.run(work)
        except IntegrityError as error:
            raise EmailTaken from error

    async def change_password(self, viewer: Viewer, *, current: str, new: str) -> UserRecord:
        """Set a new password and end all other sessions.

        Raises `Unauthenticated`, `RateLimited`, `InvalidCredentials`, `WeakPassword`.
        """
        user = await self._confirm_password(viewer, current)
        _check_password(new, email=user.email, name=user.name, field="newPassword")
        password_hash = await self._passwords.hash(new)
        async with self._database.transaction() as tx:
            await self._store.set_password(tx, user.id, password_hash)
            now = self._clock.now()
            self._end(tx, await self._store.revoke_sessions(tx, user.id, now, but=viewer.session_id))
        return user

    async def set_role(
        self, viewer: Viewer, *, user_id: str, role: Role, cinema_ids: Sequence[str] | None, reason: str
    ) -> UserRecord:
        """Give a user a role, and staff their cinemas; their sessions end, for tokens carry the role.

        Raises `NotAllowed` without the scope users:write, or to oneself; `InvalidInputs`, `NotFound`.
        """
        actor_id = viewer.require_scope("users:write")
        with InputCheck() as check:
            check.identifier("userId", user_id, "usr")
            reason = check.text("reason", reason, most=500)
            cinemas = check.count("cinemaIds", list(cinema_ids or ()), least=0, most=50)
            for index, cinema_id in enumerate(cinemas):
                check.text(f"cinemaIds.{index}", cinema_id, most=40)
            if role is Role.CUSTOMER and cinemas:
                check.problem("cinemaIds", "a customer works at no cinema")
        if user_id == actor_id:
            raise NotAllowed("Nobody changes their own role.", ["input", "userId"])

        async def work(tx: Transaction) -> UserRecord:
            user = await self._require(tx, user_id)
            changed = replace(user, role=role, cinema_ids=tuple(cinemas))
            await self._store.set_role(tx, user_id, role, cinemas)
            self._end(tx, await self._store.revoke_sessions(tx, user_id, self._clock.now()))
            await self.audit.record(
                tx,
                actor_id=actor_id,
                actor_role="admin" if viewer.is_admin else "staff",
                action="setUserRole",
                target=user_id,
                reason=reason,
                before={"role": user.role.value, "cinema_ids": list(user.cinema_ids)},
                after={"role": role.value, "cinema_ids": list(cinemas)},
            )
            await self._events.role_changed(tx, changed, by=actor_id, reason=reason)
            return changed

        return await self._database.run(work)

    # One's own data

    async def export(self, viewer: Viewer) -> dict[str, Any]:
        """All that this subgraph keeps of the user, but secrets. Raises `Unauthenticated`."""
        user_id = viewer.require_user()
        async with self._database.read() as connection:
            user = await self._store.find(connection, user_id)
            if user is None:
                raise Unauthenticated
            sessions = (await self._store.sessions_of(connection, [user_id]))[user_id]
        return {
            "user": {
                "id": user.id,
                "name": user.name,
                "email": user.email,
                "role": user.role.name,
                "locale": user.locale.name,
                "phone": user.phone,
                "createdAt": user.created_at.isoformat(),
            },
            "sessions": [
                {
                    "id": session.id,
                    "device": session.device,
                    "createdAt": session.created_at.isoformat(),
                    "lastSeenAt": session.last_seen_at.isoformat(),
                }
                for session in sessions
            ],
        }

    async def request_erasure(self, viewer: Viewer, *, password: str) -> datetime:
        """Start erasing the account: sessions end now, the data as every subgraph answers.

        Asked again, answers when it was asked first. Raises `Unauthenticated`, `RateLimited`,
        `InvalidCredentials`.
        """
        user = await self._confirm_password(viewer, password)
        if user.role is not Role.CUSTOMER:
            raise NotAllowed("Staff accounts are closed by an admin: become a customer first.")
        now = self._clock.now()
        async with self._database.transaction() as tx:
            if not await self._store.request_erasure(tx, user.id, now):
                return user.erasure_requested_at or now
            self._end(tx, await self._store.revoke_sessions(tx, user.id, now))
            await self._events.erasure_requested(tx, user.id)
        return now

    async def forget_expired(self) -> None:
        """Housekeeping: delete refresh tokens past their end, and the sessions they leave behind."""
        async with self._database.transaction(durable=False) as tx:
            await self._store.delete_expired(tx, self._clock.now())

    # Steps

    def _end(self, tx: Transaction, session_ids: list[str]) -> None:
        """Let the access tokens of these sessions be refused once the transaction has committed."""
        tx.after_commit(partial(self.ended_sessions.add, session_ids))

    async def _confirm_password(self, viewer: Viewer, password: str) -> UserRecord:
        user_id = viewer.require_user()
        now = self._clock.now()
        async with self._database.read() as connection:
            user = await self._store.find(connection, user_id)
            password_hash = await self._store.password_hash(connection, user_id)
        if user is None:
            raise Unauthenticated
        email = user.email
        if not await self._passwords.verify(
            password_hash,
            password[: PASSWORD_LENGTH[1] + 1],
            permit=lambda: self._throttle.check(email, None, now),
        ):
            await self._throttle.failed(email, None, now)
            raise InvalidCredentials("The password is wrong.")
        return user

    async def _require(self, tx: Transaction, user_id: str) -> UserRecord:
        user = await self._store.find(tx, user_id)
        if user is None or user.erased_at is not None:
            raise NotFound("There is no such user.", ["input", "userId"])
        return user

    async def _open_session(
        self, tx: Transaction, user: UserRecord, client: Client, now: datetime
    ) -> SignedIn:
        session = SessionRecord(
            id=new_id("ses", now), user_id=user.id, device=client.device, created_at=now, last_seen_at=now
        )
        await self._store.insert_session(tx, session)
        return await self._issue(tx, user, session.id, now)

    async def _issue(self, tx: Transaction, user: UserRecord, session_id: str, now: datetime) -> SignedIn:
        refresh_token = new_refresh_token()
        await self._store.insert_refresh_token(
            tx, hash_refresh_token(refresh_token), session_id, now + REFRESH_TOKEN_LIFETIME
        )
        return SignedIn(user, self._tokens.issue(user, session_id, now), refresh_token)


def _check_password(password: str, *, email: str, name: str, field: str) -> None:
    problem = password_problem(password, email=email, name=name)
    if problem is not None:
        raise WeakPassword(problem, ["input", field])
