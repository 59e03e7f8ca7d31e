"""Access tokens (signed, short-lived) and random tokens: refresh tokens, used once, and those of
known devices. Random tokens are stored as a hash.

Publishes the public keys as a JWKS; the private keys never leave this module.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from marquee_foundation.ed25519 import key_id, public_jwk
from marquee_subgraphs.users.domain import ACCESS_TOKEN_LIFETIME, SCOPES, UserRecord

ISSUER: Final = "marquee-users"
AUDIENCE: Final = "marquee"


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A signed access token and when it expires."""

    text: str
    expires_at: datetime


class AccessTokens:
    """Signs with the first key and publishes all, so that tokens of the previous key verify until they
    expire. Raises `ValueError` without a key.
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


def new_random_token() -> str:
    """Return 256 random bits as text."""
    return secrets.token_urlsafe(32)


def hash_random_token(token: str) -> str:
    """Return the form in which a random token is stored."""
    # A fast hash is enough: unlike a password, 256 random bits cannot be guessed.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
