"""The router's public keys: from memory, a file, or its JWKS address. Never contains a private key."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from marquee_foundation.ed25519 import read_public_key
from marquee_foundation.errors import MarqueeError
from marquee_foundation.jwks import JwksUnavailable, KeySet, http_jwks, parse_jwks

_UNNAMED: Final = ("", "#0")
"""The ids of a single key that has none: of a PEM file, and of a JWKS."""


class UnknownKey(MarqueeError):
    """No key of this id is published, or the key set could not be fetched."""

    code = "UNKNOWN_KEY"


class IdentityKeys(Protocol):
    """Finds the public key that verifies an identity."""

    async def find(self, key_id: str | None) -> Ed25519PublicKey:
        """Return the key named `key_id` (or the only one, when the token names none). Raises `UnknownKey`."""
        ...


def ed25519_keys(document: Mapping[str, Any]) -> dict[str, Ed25519PublicKey]:
    """Return the Ed25519 keys of a JWKS (RFC 8037) by id, without keys of other kinds."""
    keys = {key_id: jwk.key for key_id, jwk in parse_jwks(document).items()}
    return {key_id: key for key_id, key in keys.items() if isinstance(key, Ed25519PublicKey)}


class FixedKeys:
    """Keys given in memory; the composition root replaces them when the router rotates its keys."""

    __slots__ = ("_keys",)

    def __init__(self, keys: Mapping[str, Ed25519PublicKey] | None = None) -> None:
        self._keys = dict(keys or {})

    @classmethod
    def from_file(cls, path: Path) -> FixedKeys:
        """Read a JWKS document or one PEM public key. Raises `OSError` or `ValueError` naming the file."""
        content = path.read_bytes()
        if content.lstrip().startswith(b"{"):
            keys = ed25519_keys(orjson.loads(content))
            if not keys:
                raise ValueError(f"{path} holds no Ed25519 key")
            return cls(keys)
        return cls({"": read_public_key(path)})

    def replace(self, keys: Mapping[str, Ed25519PublicKey]) -> None:
        """Use these keys from now on."""
        self._keys = dict(keys)

    async def find(self, key_id: str | None) -> Ed25519PublicKey:
        """As `IdentityKeys.find`."""
        if len(self._keys) == 1:
            [(lone_id, lone)] = self._keys.items()
            # A single key without an id verifies every token, whatever key id the token names.
            if key_id in (None, lone_id) or lone_id in _UNNAMED:
                return lone
        key = None if key_id is None else self._keys.get(key_id)
        if key is None:
            raise UnknownKey
        return key


class RemoteKeys:
    """Keys fetched from the router's JWKS address, kept, and fetched again for an unknown id, at most every
    `interval_seconds`.
    """

    __slots__ = ("_keys",)

    def __init__(self, url: str, *, interval_seconds: float = 10.0) -> None:
        self._keys = KeySet(
            http_jwks(url), keep_seconds=math.inf, refetch_seconds=interval_seconds, retry_seconds=0.0
        )

    async def find(self, key_id: str | None) -> Ed25519PublicKey:
        """As `IdentityKeys.find`."""
        try:
            found = await self._keys.key(key_id)
        except JwksUnavailable as error:
            raise UnknownKey("the router's keys could not be fetched") from error
        if found is None or not isinstance(found.key, Ed25519PublicKey):
            raise UnknownKey
        return found.key


def open_keys(location: str) -> IdentityKeys:
    """Return the keys of a JWKS address (`http`, `https`) or a file. Raises `OSError` or `ValueError` for a
    file that cannot be used.
    """
    if location.startswith(("http://", "https://")):
        return RemoteKeys(location)
    return FixedKeys.from_file(Path(location))
