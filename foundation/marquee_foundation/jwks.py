"""Public keys of token issuers (JWKS, RFC 7517): fetched when needed, kept, fetched again for an unknown key.

Owns the keys of one issuer. Must never block the event loop, as PyJWT's own client does, nor let a stream of
forged key ids turn into a stream of fetches.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeAlias

import orjson
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from marquee_foundation.errors import MarqueeError

JwksFetch: TypeAlias = Callable[[], Awaitable[Mapping[str, Any]]]
"""Returns a JWKS document: `{"keys": [...]}`. May raise `OSError`, `ValueError` and `TimeoutError`."""

FETCH_TIMEOUT_SECONDS: Final = 5.0
_MOST_BYTES: Final = 256 * 1024
_REFETCH_SECONDS: Final = 5.0
_RETRY_SECONDS: Final = 0.5


class JwksUnavailable(MarqueeError):
    """No key of the issuer can be had now: a token of it is neither good nor bad."""

    code = "JWKS_UNAVAILABLE"


class KeySet:
    """The keys of one issuer, by key id."""

    def __init__(
        self,
        fetch: JwksFetch,
        *,
        keep_seconds: float,
        refetch_seconds: float = _REFETCH_SECONDS,
        retry_seconds: float = _RETRY_SECONDS,
    ) -> None:
        """Keys are fetched anew after `keep_seconds`. An unknown key id causes a fetch at most every
        `refetch_seconds`; while there are no keys at all, there is one attempt every `retry_seconds`.
        """
        self._fetch = fetch
        self._keep_seconds = keep_seconds
        self._refetch_seconds = refetch_seconds
        self._retry_seconds = retry_seconds
        self._keys: dict[str, PyJWK] = {}
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")
        self._lock = asyncio.Lock()

    async def key(self, key_id: str | None) -> PyJWK | None:
        """Return the key with this id, or the only key if the token names none; None if there is none.

        Raises `JwksUnavailable` when no keys could ever be fetched. Keys that are too old serve on while new
        ones cannot be fetched.
        """
        if time.monotonic() - self._fetched_at > self._keep_seconds:
            await self._refresh()
        found = pick_key(self._keys, key_id)
        if found is None:
            await self._refresh()  # the issuer may have a new key
            found = pick_key(self._keys, key_id)
        return found

    async def _refresh(self) -> None:
        """Fetch the keys, unless another task has just done so, or tried to."""
        async with self._lock:
            pause = self._refetch_seconds if self._keys else self._retry_seconds
            if time.monotonic() - self._tried_at < pause:
                if not self._keys:
                    raise JwksUnavailable("the issuer's keys cannot be fetched")
                return
            self._tried_at = time.monotonic()
            try:
                async with asyncio.timeout(FETCH_TIMEOUT_SECONDS):
                    keys = parse_jwks(await self._fetch())
            except (OSError, ValueError, TimeoutError) as error:
                if not self._keys:
                    raise JwksUnavailable("the issuer's keys cannot be fetched") from error
                return
            self._keys = keys
            self._fetched_at = time.monotonic()


def parse_jwks(document: Mapping[str, Any]) -> dict[str, PyJWK]:
    """Return the public signing keys of a JWKS by id; a key without one is called `#<its index>`.

    Keys that cannot be read are left out, and so are symmetric ones: an issuer that publishes a secret by
    mistake must not make it a key that verifies.
    """
    keys: dict[str, PyJWK] = {}
    listed = document.get("keys")
    for index, data in enumerate(listed if isinstance(listed, list) else ()):
        if not isinstance(data, dict) or data.get("kty") == "oct" or data.get("use", "sig") != "sig":
            continue
        try:
            keys[str(data.get("kid", f"#{index}"))] = PyJWK(data)
        except PyJWTError:
            continue
    return keys


def pick_key(keys: Mapping[str, PyJWK], key_id: str | None) -> PyJWK | None:
    """Return the key that a token names; the only key if it names none; None if there is no such key."""
    if key_id is None:
        return next(iter(keys.values())) if len(keys) == 1 else None
    return keys.get(key_id)


def http_jwks(url: str) -> JwksFetch:
    """Return a fetch of the JWKS at `url`. Needs the extra `http`."""

    async def fetch() -> Mapping[str, Any]:
        import aiohttp  # only where keys are fetched: it takes its time to load

        timeout = aiohttp.ClientTimeout(total=FETCH_TIMEOUT_SECONDS)
        try:
            async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as response:
                response.raise_for_status()
                body = await response.content.read(_MOST_BYTES)
        except aiohttp.ClientError as error:
            raise ConnectionError(f"{url}: {error}") from error
        document = orjson.loads(body)
        if not isinstance(document, dict):
            raise ValueError("a JWKS is a JSON object")
        return document

    return fetch
