"""`Credentials`: decides whether a password is right, for those who sign in and those who confirm.

Hashes outside transactions, because a hash takes longer than a transaction may.
"""

from __future__ import annotations

from dataclasses import dataclass

from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.refusals import Unauthenticated
from marquee_subgraphs.kit.validation import normalize_email
from marquee_subgraphs.users.domain import PASSWORD_LENGTH, UserRecord, password_problem
from marquee_subgraphs.users.errors import InvalidCredentials, WeakPassword
from marquee_subgraphs.users.service.passwords import Passwords
from marquee_subgraphs.users.service.session_issuer import Client
from marquee_subgraphs.users.service.sign_in_throttle import Guesser, SignInThrottle
from marquee_subgraphs.users.service.tokens import hash_random_token
from marquee_subgraphs.users.store import UserStore

_LONGEST_EMAIL = 400
"""Characters of an email that are looked at; accounts have at most 254."""


@dataclass(frozen=True, slots=True)
class ProvenUser:
    """A user whose password was right. `new_hash` is to be stored when today's hash parameters changed."""

    user: UserRecord
    new_hash: str | None


class Credentials:
    """Checks passwords against stored hashes and counts wrong ones."""

    def __init__(
        self, backend: Backend, store: UserStore, passwords: Passwords, throttle: SignInThrottle
    ) -> None:
        self._backend = backend
        self._store = store
        self._passwords = passwords
        self._throttle = throttle

    async def prove(self, email: str, password: str, client: Client) -> ProvenUser:
        """Check the email and password of a sign-in. Raises `RateLimited`, `InvalidCredentials`."""
        email = normalize_email(email[:_LONGEST_EMAIL])
        guesser = await self._find_guesser(email, client)
        await self._throttle.check(guesser, self._backend.clock.now())
        async with self._backend.database.read() as connection:
            user, password_hash = await self._store.accounts.find_credentials(connection, email)
        matches = await self._verify(guesser, password_hash, password)
        if not matches or user is None or password_hash is None or not user.is_active:
            await self._throttle.failed(guesser, self._backend.clock.now())
            raise InvalidCredentials
        await self._throttle.succeeded(guesser)
        needs_rehash = self._passwords.needs_rehash(password_hash)
        return ProvenUser(user, await self._passwords.hash(password) if needs_rehash else None)

    async def confirm(self, viewer: Viewer, password: str) -> UserRecord:
        """Check the viewer's own password again, before a change that needs it.

        Raises `Unauthenticated`, `RateLimited`, `InvalidCredentials`.
        """
        user_id = viewer.require_user()
        async with self._backend.database.read() as connection:
            user = await self._store.accounts.find(connection, user_id)
            password_hash = await self._store.accounts.password_hash(connection, user_id)
        if user is None:
            raise Unauthenticated
        guesser = Guesser.signed_in(user.id, viewer)
        if not await self._verify(guesser, password_hash, password):
            await self._throttle.failed(guesser, self._backend.clock.now())
            raise InvalidCredentials("The password is wrong.")
        await self._throttle.succeeded(guesser)
        return user

    async def hash_new(self, password: str, *, email: str, name: str, field: str) -> str:
        """Return the hash of a new password. Raises `WeakPassword` naming the input field."""
        problem = password_problem(password, email=email, name=name)
        if problem is not None:
            raise WeakPassword(problem, ["input", field])
        return await self._passwords.hash(password)

    async def _find_guesser(self, email: str, client: Client) -> Guesser:
        """Return whose failures a sign-in counts for: the device's own when the account knows it."""
        if client.device_token is not None:
            hash_ = hash_random_token(client.device_token)
            async with self._backend.database.read() as connection:
                if await self._store.devices.is_known(connection, hash_, email, self._backend.clock.now()):
                    return Guesser.known(hash_)
        return Guesser.unknown(email, client.address)

    async def _verify(self, guesser: Guesser, password_hash: str | None, password: str) -> bool:
        # One character more than the longest password: enough to be wrong, and hashing stays cheap.
        text = password[: PASSWORD_LENGTH[1] + 1]

        async def permit() -> None:
            await self._throttle.check(guesser, self._backend.clock.now())

        return await self._passwords.verify(password_hash, text, permit=permit)
