"""`IdentitySigner`: signs the identity that subgraphs receive, a short-lived JWT under the router's own key.

Inside the router an identity is its claims as JSON, unsigned. They are signed when a subgraph is called, for
this subgraph as the audience, so that no subgraph can use an identity at another. Owns key and claims.
Must never say more than what a verified client token said, nor be sent to a client.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from marquee_foundation.ed25519 import public_jwk, read_private_key, read_public_key
from marquee_foundation.lru import LeastRecentlyUsed
from marquee_router.config.model import SubgraphIdentity
from marquee_router.request import Identity

GUEST = ""
CACHED_IDENTITIES = 10_000


class IdentitySigner:
    """Signs the identity of each client once per token, subgraph and half lifetime."""

    def __init__(self, settings: SubgraphIdentity, key: Ed25519PrivateKey | None = None) -> None:
        self._settings = settings
        self.header = settings.header.lower()
        """The header's name, in lower case."""
        if key is None and settings.key_file is not None:
            key = read_private_key(Path(settings.key_file))
        self._key = key or Ed25519PrivateKey.generate()
        published = [public_jwk(self._key.public_key())]
        self.key_id = str(published[0]["kid"])
        if settings.previous_key_file is not None:
            published.append(public_jwk(_public_key(Path(settings.previous_key_file))))
        self.jwks: dict[str, Any] = {"keys": published}
        """The public keys, as a JWKS document; the first one signs."""
        self._described: LeastRecentlyUsed[str, tuple[str, float]] = LeastRecentlyUsed(CACHED_IDENTITIES)
        """By the client's token: the claims, and until when they are used."""
        self._signed: LeastRecentlyUsed[str, dict[str, str]] = LeastRecentlyUsed(CACHED_IDENTITIES)
        """By claims: the signed identity for each subgraph."""

    @property
    def refresh_seconds(self) -> float:
        """How long an identity is used: half of its life, so that it is valid on arrival."""
        return self._settings.lifetime_seconds / 2

    def describe(self, identity: Identity | None) -> str:
        """Return the claims about this client as JSON, without an audience; None is a guest, who has some."""
        cache_key = identity.token if identity is not None else GUEST
        known = self._described.get(cache_key)
        now = time.time()
        if known is not None and now < known[1]:
            return known[0]
        described = orjson.dumps(self._claims(identity, int(now))).decode()
        self._described.put(cache_key, (described, now + self.refresh_seconds))
        return described

    def sign(self, described: str, subgraph: str) -> str:
        """Return the header's value for `subgraph`, of the claims that `describe` returned."""
        # Signing is costly, and the result is the same for every request with these claims.
        signed = self._signed.get(described)
        if signed is None:
            signed = {}
            self._signed.put(described, signed)
        token = signed.get(subgraph)
        if token is None:
            claims = {**orjson.loads(described), "aud": f"{self._settings.audience}/{subgraph}"}
            token = jwt.encode(claims, self._key, algorithm="EdDSA", headers={"kid": self.key_id})
            signed[subgraph] = token
        return token

    def _claims(self, identity: Identity | None, now: int) -> dict[str, Any]:
        settings = self._settings
        claims: dict[str, Any] = {
            "iss": settings.issuer,
            "iat": now,
            "exp": now + settings.lifetime_seconds,
        }
        # A guest has a signed identity too: a subgraph then knows that the router has sent the request.
        if identity is None:
            return {**claims, "scopes": "", "roles": [], "anonymous": True}
        claims["sub"] = identity.subject
        claims["scopes"] = " ".join(sorted(identity.scopes))
        claims["roles"] = sorted(identity.roles)
        for name in settings.claims:
            if name in identity.claims and name not in claims and name != "aud":
                claims[name] = identity.claims[name]
        return claims


def _public_key(path: Path) -> Ed25519PublicKey:
    """Return the public key of a file that holds it, or the private key that it belongs to."""
    if b"PRIVATE KEY" in path.read_bytes():
        return read_private_key(path).public_key()
    return read_public_key(path)
