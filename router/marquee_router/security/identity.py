"""The identity that subgraphs receive: a short-lived JWT under the router's own key.

Owns the key and the claims. Must never say more than what a verified client token said, nor be sent to a
client.
"""

from __future__ import annotations

import hashlib
import time
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from marquee_foundation.lru import LeastRecentlyUsed
from marquee_router.config.model import SubgraphIdentity
from marquee_router.request import Identity

GUEST = ""
CACHED_IDENTITIES = 10_000


class IdentitySigner:
    """Signs who asks, once per token and half lifetime."""

    def __init__(self, settings: SubgraphIdentity, key: Ed25519PrivateKey | None = None) -> None:
        self._settings = settings
        self.header = settings.header.lower()
        """The header's name, in lower case."""
        self._key = key or _load_key(settings.key_file)
        published = [_jwk(self._key.public_key())]
        self.key_id = str(published[0]["kid"])
        if settings.previous_key_file is not None:
            published.append(_jwk(_load_public_key(settings.previous_key_file)))
        self.jwks: dict[str, Any] = {"keys": published}
        """The public keys, as a JWKS document; the first one signs."""
        self._signed: LeastRecentlyUsed[str, tuple[str, float]] = LeastRecentlyUsed(CACHED_IDENTITIES)

    @property
    def refresh_seconds(self) -> float:
        """How long a signed identity is handed out; it stays valid for as long again."""
        return self._settings.lifetime_seconds / 2

    def sign(self, identity: Identity | None) -> str:
        """The header's value for this client; guests have one too."""
        cache_key = identity.token if identity is not None else GUEST
        known = self._signed.get(cache_key)
        now = time.time()
        if known is not None and now < known[1]:
            return known[0]
        token = jwt.encode(
            self._claims(identity, int(now)), self._key, algorithm="EdDSA", headers={"kid": self.key_id}
        )
        self._signed.put(cache_key, (token, now + self.refresh_seconds))
        return token

    def _claims(self, identity: Identity | None, now: int) -> dict[str, Any]:
        settings = self._settings
        claims: dict[str, Any] = {
            "iss": settings.issuer,
            "aud": settings.audience,
            "iat": now,
            "exp": now + settings.lifetime_seconds,
        }
        if identity is None:
            return {**claims, "scopes": "", "roles": [], "anonymous": True}
        claims["sub"] = identity.subject
        claims["scopes"] = " ".join(sorted(identity.scopes))
        claims["roles"] = sorted(identity.roles)
        for name in settings.claims:
            if name in identity.claims and name not in claims:
                claims[name] = identity.claims[name]
        return claims


def _jwk(key: Ed25519PublicKey) -> dict[str, str]:
    """The key as JWK, named by its thumbprint (RFC 7638)."""
    x = urlsafe_b64encode(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).rstrip(b"=").decode()
    thumbprint = hashlib.sha256(f'{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}'.encode()).digest()
    key_id = urlsafe_b64encode(thumbprint).rstrip(b"=").decode()
    return {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": key_id, "alg": "EdDSA", "use": "sig"}


def _load_public_key(file: str) -> Ed25519PublicKey:
    pem = Path(file).read_bytes()
    key = _load_key(file).public_key() if b"PRIVATE KEY" in pem else load_pem_public_key(pem)
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError(f"{file}: not an Ed25519 key")
    return key


def _load_key(file: str | None) -> Ed25519PrivateKey:
    if file is None:
        return Ed25519PrivateKey.generate()
    key = load_pem_private_key(Path(file).read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{file}: not an Ed25519 private key")
    return key
