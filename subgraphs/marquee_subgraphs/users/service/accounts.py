"""Use cases of accounts: registering, reading, changing, giving a role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from marquee_subgraphs.kit.audit import Deed
from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.kit.locale import Locale
from marquee_subgraphs.kit.pagination import Page, PageRequest
from marquee_subgraphs.kit.refusals import InvalidInput, NotAllowed, NotFound
from marquee_subgraphs.kit.validation import InputCheck
from marquee_subgraphs.users.domain import Role, UserRecord
from marquee_subgraphs.users.errors import EmailTaken
from marquee_subgraphs.users.events.published import UserRegistered, UserRoleChanged, UserUpdated
from marquee_subgraphs.users.service.credentials import Credentials
from marquee_subgraphs.users.service.session_issuer import Client, SessionIssuer, SignedIn
from marquee_subgraphs.users.store import UserStore


class Accounts:
    """Makes, lists and changes accounts."""

    def __init__(
        self, backend: Backend, store: UserStore, credentials: Credentials, sessions: SessionIssuer
    ) -> None:
        self._backend = backend
        self._store = store.accounts
        self._credentials = credentials
        self._sessions = sessions

    async def register(
        self, *, name: str, email: str, password: str, locale: Locale | None, client: Client
    ) -> SignedIn:
        """Make a customer's account and sign in. Raises `InvalidInputs`, `WeakPassword`, `EmailTaken`."""
        with InputCheck() as check:
            name = check.text("name", name, most=100)
            email = check.email("email", email)
        password_hash = await self._credentials.hash_new(password, email=email, name=name, field="password")
        now = self._backend.clock.now()
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
            if not await self._store.insert(tx, user, password_hash):
                raise EmailTaken
            await self._backend.outbox.add(tx, UserRegistered.of(user), aggregate_id=user.id)
            return await self._sessions.open(tx, user, client, now)

        return await self._backend.database.run(work)

    async def users_by_id(self, ids: Sequence[str]) -> Mapping[str, UserRecord]:
        """Batch load of accounts; an unknown id is left out."""
        async with self._backend.database.read() as connection:
            return await self._store.find_many(connection, ids)

    async def page(
        self, viewer: Viewer, request: PageRequest, *, text: str | None, role: Role | None
    ) -> Page[UserRecord]:
        """Return accounts, newest first. Raises `NotAllowed` without the scope users:read, `InvalidInput`."""
        viewer.require_scope("users:read")
        if text is not None and len(text) > 100:
            raise InvalidInput("at most 100 characters are searched for", ["filter", "text"])
        async with self._backend.database.read() as connection:
            rows = await self._store.page(connection, request, text, role)
        return Page.of(rows, request, lambda user: (user.created_at, user.id))

    async def count(self, *, text: str | None, role: Role | None) -> int:
        """Return the number of accounts that `page` would list with the same filter."""
        async with self._backend.database.read() as connection:
            return await self._store.count(connection, text, role)

    async def update(
        self,
        viewer: Viewer,
        *,
        name: str | None,
        email: str | None,
        locale: Locale | None,
        phone: str | None,
    ) -> UserRecord:
        """Change one's own profile. None leaves a field as it is; an empty phone removes the phone.

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
            if not await self._store.set_profile(tx, changed):
                raise EmailTaken
            await self._backend.outbox.add(tx, UserUpdated.of(changed), aggregate_id=user_id)
            return changed

        return await self._backend.database.run(work)

    async def set_role(
        self, viewer: Viewer, *, user_id: str, role: Role, cinema_ids: Sequence[str] | None, reason: str
    ) -> UserRecord:
        """Give a user a role, and staff their cinemas. Ends the user's sessions.

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
            # Access tokens carry the role: without new sessions, a dismissed manager would keep the old one.
            await self._sessions.end_all(tx, user_id, self._backend.clock.now())
            before, after = (_audited(each) for each in (user, changed))
            deed = Deed.of_staff(viewer, "setUserRole", user_id, reason, before=before, after=after)
            await self._backend.audit.append(tx, deed)
            event = UserRoleChanged.of(changed, reason=reason, by=actor_id)
            await self._backend.outbox.add(tx, event, aggregate_id=user_id)
            return changed

        return await self._backend.database.run(work)

    async def _require(self, tx: Transaction, user_id: str) -> UserRecord:
        user = await self._store.find(tx, user_id)
        if user is None or user.erased_at is not None:
            raise NotFound("There is no such user.", ["input", "userId"])
        return user


def _audited(user: UserRecord) -> Mapping[str, object]:
    return {"role": user.role.value, "cinema_ids": list(user.cinema_ids)}
