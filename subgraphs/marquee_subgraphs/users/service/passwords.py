"""Hashing of passwords with Argon2id. Never logs, keeps or returns a password."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError


class Passwords:
    """Hashes and verifies passwords in threads, a few at a time: each hash needs tens of mebibytes."""

    def __init__(
        self, *, memory_kib: int = 19_456, time_cost: int = 2, parallelism: int = 1, concurrency: int = 2
    ) -> None:
        # The defaults are the OWASP recommendation for Argon2id.
        self._hasher = PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=parallelism)
        # An unknown email is verified against this hash. Otherwise a fast answer would reveal that there is
        # no account.
        self._decoy = self._hasher.hash(secrets.token_urlsafe(16))
        self._slots = asyncio.Semaphore(concurrency)

    async def hash(self, password: str) -> str:
        """Return the encoded Argon2id hash."""
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(
        self, encoded: str | None, password: str, *, permit: Callable[[], Awaitable[None]]
    ) -> bool:
        """True if the password is right. False for None (no such account), after the same work.

        `permit` runs when a slot is free and may raise to refuse the attempt. Of sixty guesses sent at once,
        those that waited for a slot are thus judged by the failures of those before them.
        """
        async with self._slots:
            await permit()
            matches = await asyncio.to_thread(self._matches, encoded or self._decoy, password)
        return matches and encoded is not None

    def needs_rehash(self, encoded: str) -> bool:
        """True if a hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(encoded)

    def _matches(self, encoded: str, password: str) -> bool:
        try:
            return self._hasher.verify(encoded, password)
        except (VerificationError, InvalidHashError):
            return False
