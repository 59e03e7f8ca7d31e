"""The tokens that name a user: access tokens (signed, short-lived) and refresh tokens (random, stored
hashed, used once).

Owns the signing keys. The private key never leaves this module; what is published is the JWKS.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from marquee_foundation.ed25519 import key_id, public_jwk, read_private_key
from marquee_subgraphs.users.domain import ACCESS_TOKEN_LIFETIME, SCOPES, UserRecord

ISSUER: Final = "marquee-users"
AUDIENCE: Final = "marquee"


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A signed access token and when it ends."""

    text: str
    expires_at: datetime


class AccessTokens:
    """Signs with the first key; publishes all of them, so that tokens of the previous key hold until
    they end.
    """

    def __init__(self, keys: Sequence[Ed25519PrivateKey]) -> None:
        if not keys:
            raise ValueError("at least one signing key is needed")
        self._key = keys[0]
        self._key_id = key_id(keys[0].public_key())
        self.jwks: dict[str, Any] = {"keys": [public_jwk(key.public_key()) for key in keys]}

    def issue(self, user: UserRecord, session_id: str, now: datetime) -> AccessToken:
        """Sign a token for the user's session."""
        expires_at = (now + ACCESS_TOKEN_LIFETIME).replace(microsecond=0)
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": user.id,
            "sid": session_id,
            "roles": [user.role.value],
            "scope": " ".join(sorted(SCOPES[user.role])),
            "iat": int(now.timestamp()),
            "exp": int(expires_at.timestamp()),
            "jti": secrets.token_urlsafe(12),
        }
        if user.cinema_ids:
            claims["cinemas"] = list(user.cinema_ids)
        text = jwt.encode(
            claims, self._key, algorithm="EdDSA", headers={"kid": self._key_id, "typ": "at+jwt"}
        )
        return AccessToken(text, expires_at)


def new_refresh_token() -> str:
    """Make 256 bits that mean nothing."""
    return secrets.token_urlsafe(32)


def hash_refresh_token(token: str) -> str:
    """The form that is stored. A fast hash is enough: the token is no word that could be guessed."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def read_or_make_key(path: Path) -> Ed25519PrivateKey:
    """Read the key at `path`, or make one there that only its owner can read."""
    if path.exists():
        return read_private_key(path)
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written aside and linked into place, so that of two processes starting together one key wins, whole.
    aside = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
    try:
        os.link(aside, path)
    except FileExistsError:
        return read_private_key(path)
    finally:
        aside.unlink()
    return key
