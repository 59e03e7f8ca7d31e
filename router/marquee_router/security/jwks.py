"""Public keys of token issuers: fetched when needed, kept for a while, fetched again when a key is unknown.

Owns the cache and the single flight of one issuer's key set. Must never block the event loop, nor let a
stream of forged key ids turn into a stream of fetches.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

import orjson
from jwt import PyJWK
from jwt.exceptions import PyJWKError

JwksFetch: TypeAlias = Callable[[], Awaitable[Mapping[str, Any]]]
"""Returns a JWKS document: `{"keys": [...]}`."""

MINIMUM_REFETCH_SECONDS = 5.0
FETCH_TIMEOUT_SECONDS = 5.0
MAXIMUM_JWKS_BYTES = 256 * 1024


class JwksUnavailable(Exception):
    """An issuer's keys cannot be had now; the token is neither good nor bad."""


def http_jwks(url: str) -> JwksFetch:
    """A fetch of the JWKS at `url`."""

    async def fetch() -> Mapping[str, Any]:
        import aiohttp  # here, for it is not needed where keys are handed over

        timeout = aiohttp.ClientTimeout(total=FETCH_TIMEOUT_SECONDS)
        try:
            async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as response:
                response.raise_for_status()
                body = await response.content.read(MAXIMUM_JWKS_BYTES)
        except aiohttp.ClientError as error:
            raise ConnectionError(f"{url}: {error}") from error
        document = orjson.loads(body)
        if not isinstance(document, dict):
            raise ValueError("a JWKS is a JSON object")
        return document

    return fetch


class KeySet:
    """The keys of one issuer, by key id."""

    def __init__(self, fetch: JwksFetch, *, keep_seconds: float) -> None:
        self._fetch = fetch
        self._keep_seconds = keep_seconds
        self._keys: dict[str, PyJWK] = {}
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")
        self._lock = asyncio.Lock()

    async def key(self, key_id: str | None) -> PyJWK | None:
        """The key with this id (or the only key, when the token names none); None when the issuer has no
        such key.

        Raises `JwksUnavailable` when no keys could ever be fetched.
        """
        if time.monotonic() - self._fetched_at > self._keep_seconds:
            await self._refresh(MINIMUM_REFETCH_SECONDS if self._keys else 0.5)
        found = self._find(key_id)
        if found is None:
            await self._refresh(MINIMUM_REFETCH_SECONDS)
            found = self._find(key_id)
        return found

    def _find(self, key_id: str | None) -> PyJWK | None:
        if key_id is None:
            return next(iter(self._keys.values())) if len(self._keys) == 1 else None
        return self._keys.get(key_id)

    async def _refresh(self, minimum_interval: float) -> None:
        async with self._lock:
            if time.monotonic() - self._tried_at < minimum_interval:
                if not self._keys:
                    raise JwksUnavailable("the issuer's keys cannot be fetched")
                return
            self._tried_at = time.monotonic()
            try:
                async with asyncio.timeout(FETCH_TIMEOUT_SECONDS):
                    document = await self._fetch()
                keys = _parse(document)
            except (OSError, ValueError, TimeoutError) as error:
                if not self._keys:
                    raise JwksUnavailable("the issuer's keys cannot be fetched") from error
                return
            self._keys = keys
            self._fetched_at = time.monotonic()


def _parse(document: Mapping[str, Any]) -> dict[str, PyJWK]:
    keys: dict[str, PyJWK] = {}
    listed = document.get("keys")
    for index, data in enumerate(listed if isinstance(listed, list) else ()):
        if not isinstance(data, dict) or data.get("kty") == "oct" or data.get("use", "sig") != "sig":
            continue
        try:
            key = PyJWK(data)
        except PyJWKError:
            continue
        keys[str(data.get("kid", f"#{index}"))] = key
    return keys
