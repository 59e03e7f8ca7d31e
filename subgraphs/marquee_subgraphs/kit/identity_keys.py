"""Where the router's public keys come from: memory, a file, or the router's JWKS address. Holds no private
key.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt.algorithms import OKPAlgorithm


class UnknownKey(Exception):
    """No key of this id is published, or the key set could not be fetched."""


class IdentityKeys(Protocol):
    """Finds the public key that verifies an identity."""

    async def find(self, key_id: str | None) -> Ed25519PublicKey:
        """Return the key named `key_id` (or the only one, when the token names none). Raises `UnknownKey`."""
        ...


def parse_jwks(document: Any) -> dict[str, Ed25519PublicKey]:
    """Read the Ed25519 keys of a JSON Web Key Set (RFC 7517, RFC 8037); other kinds are passed over."""
    keys: dict[str, Ed25519PublicKey] = {}
    entries = document.get("keys", []) if isinstance(document, Mapping) else []
    for entry in entries:
        if isinstance(entry, dict) and entry.get("kty") == "OKP" and entry.get("crv") == "Ed25519":
            key = OKPAlgorithm.from_jwk(entry)
            if isinstance(key, Ed25519PublicKey):
                keys[str(entry.get("kid", ""))] = key
    return keys


def _pick(keys: Mapping[str, Ed25519PublicKey], key_id: str | None) -> Ed25519PublicKey | None:
    if key_id is None:
        return next(iter(keys.values())) if len(keys) == 1 else None
    return keys.get(key_id)


class FixedKeys:
    """Keys given in memory; may be changed while running, as the composition root does when the router
    rotates.
    """

    __slots__ = ("_keys",)

    def __init__(self, keys: Mapping[str, Ed25519PublicKey] | None = None) -> None:
        self._keys = dict(keys or {})

    @classmethod
    def from_file(cls, path: Path) -> FixedKeys:
        """Read a JWKS document or one PEM public key. Raises `OSError` or `ValueError` naming the file."""
        content = path.read_bytes()
        if content.lstrip().startswith(b"{"):
            keys = parse_jwks(orjson.loads(content))
            if not keys:
                raise ValueError(f"{path} holds no Ed25519 key")
            return cls(keys)
        key = load_pem_public_key(content)
        if not isinstance(key, Ed25519PublicKey):
            raise ValueError(f"{path} is not an Ed25519 public key")
        return cls({"": key})

    def replace(self, keys: Mapping[str, Ed25519PublicKey]) -> None:
        """Verify by these keys from now on."""
        self._keys = dict(keys)

    async def find(self, key_id: str | None) -> Ed25519PublicKey:
        key = _pick(self._keys, key_id)
        if key is None and len(self._keys) == 1:
            key = self._keys.get("")  # a lone PEM key carries no id and answers to any
        if key is None:
            raise UnknownKey
        return key


class RemoteKeys:
    """Keys fetched from the router's JWKS address, kept, and fetched again for an unknown id, at most once
    a while.
    """

    __slots__ = ("_fetched_at", "_interval_seconds", "_keys", "_lock", "_timeout_seconds", "_url")

    def __init__(self, url: str, *, interval_seconds: float = 10.0, timeout_seconds: float = 3.0) -> None:
        self._url = url
        self._interval_seconds = interval_seconds
        self._timeout_seconds = timeout_seconds
        self._keys: dict[str, Ed25519PublicKey] = {}
        self._fetched_at: float | None = None
        self._lock = asyncio.Lock()

    async def find(self, key_id: str | None) -> Ed25519PublicKey:
        key = _pick(self._keys, key_id)
        if key is None:
            await self._refresh()
            key = _pick(self._keys, key_id)
        if key is None:
            raise UnknownKey
        return key

    async def _refresh(self) -> None:
        async with self._lock:
            now = time.monotonic()
            if self._fetched_at is not None and now - self._fetched_at < self._interval_seconds:
                return
            import aiohttp  # here, for it is not needed where keys are in memory

            try:
                timeout = aiohttp.ClientTimeout(total=self._timeout_seconds)
                async with (
                    aiohttp.ClientSession(timeout=timeout) as session,
                    session.get(self._url) as answer,
                ):
                    answer.raise_for_status()
                    self._keys = parse_jwks(orjson.loads(await answer.read()))
            except (aiohttp.ClientError, TimeoutError, ValueError) as error:
                raise UnknownKey("the router's keys could not be fetched") from error
            self._fetched_at = now


def open_keys(location: str) -> IdentityKeys:
    """Keys from a JWKS address (`http`, `https`) or a file. Raises `OSError` or `ValueError` for a bad
    file.
    """
    if location.startswith(("http://", "https://")):
        return RemoteKeys(location)
    return FixedKeys.from_file(Path(location))
