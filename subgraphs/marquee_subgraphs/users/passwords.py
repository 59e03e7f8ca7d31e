"""Hashing passwords with Argon2id, off the event loop and few at a time, for each hash holds tens of
mebibytes.

Never logs, keeps or returns a password.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError


class Passwords:
    """Hashes and verifies. Verifying against no hash costs as much as against one, so timing tells
    nothing.
    """

    def __init__(
        self, *, memory_kib: int = 19_456, time_cost: int = 2, parallelism: int = 1, concurrency: int = 2
    ) -> None:
        # The defaults are the OWASP recommendation for Argon2id.
        self._hasher = PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=parallelism)
        self._decoy = self._hasher.hash(secrets.token_urlsafe(16))
        self._slots = asyncio.Semaphore(concurrency)

    async def hash(self, password: str) -> str:
        """Return the encoded Argon2id hash."""
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(
        self, encoded: str | None, password: str, *, permit: Callable[[], Awaitable[None]] | None = None
    ) -> bool:
        """Tell whether the password is right; None (an unknown account) is false, after the same work.

        `permit` is awaited when the turn has come, and raises to refuse it: of many guesses sent at
        once, those that waited are judged by the failures of those before them.
        """
        async with self._slots:
            if permit is not None:
                await permit()
            matches = await asyncio.to_thread(self._matches, encoded or self._decoy, password)
        return matches and encoded is not None

    def needs_rehash(self, encoded: str) -> bool:
        """Tell whether a hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(encoded)

    def _matches(self, encoded: str, password: str) -> bool:
        try:
            return self._hasher.verify(encoded, password)
        except (VerificationError, InvalidHashError):
            return False
