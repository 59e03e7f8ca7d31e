"""An issuer of tokens for tests: its key, its JWKS, and the settings that trust it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from marquee_router import Extras

ISSUER = "https://issuer.test"
AUDIENCE = "cinema"

PrivateKey = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(slots=True)
class Issuing:
    """Signs tokens, and counts how often its keys were fetched."""

    algorithm: str = "EdDSA"
    keys: dict[str, PrivateKey] = field(default_factory=dict)
    current: str = "one"
    fetched: int = 0
    broken: bool = False

    def rotate(self, key_id: str) -> None:
        """Sign with a new key from now on; the old ones are not published any more."""
        self.keys = {key_id: new_key(self.algorithm)}
        self.current = key_id

    async def jwks(self) -> Mapping[str, Any]:
        """The public keys."""
        self.fetched += 1
        if self.broken:
            raise OSError("no connection")
        return {"keys": [public_jwk(self.algorithm, key, key_id) for key_id, key in self.keys.items()]}

    def token(self, subject: str | None, *, headers: Mapping[str, Any] | None = None, **claims: Any) -> str:
        """A token; claims given as None are left out."""
        now = time.time()
        content = {"iss": ISSUER, "sub": subject, "aud": AUDIENCE, "iat": now, "exp": now + 300, **claims}
        return jwt.encode(
            {name: value for name, value in content.items() if value is not None},
            self.keys[self.current],
            algorithm=self.algorithm,
            headers={"kid": self.current, **(headers or {})},
        )

    def settings(self, **issuer: Any) -> dict[str, Any]:
        """The configuration that trusts this issuer."""
        return {"authentication": {"issuers": [{"issuer": ISSUER, "audiences": [AUDIENCE], **issuer}]}}

    def extras(self) -> Extras:
        """What hands its keys over."""
        return Extras(jwks={ISSUER: self.jwks})


def issuing(algorithm: str = "EdDSA") -> Issuing:
    """A new issuer with one key."""
    issuer = Issuing(algorithm)
    issuer.rotate("one")
    return issuer


def new_key(algorithm: str) -> PrivateKey:
    """A private key for the algorithm."""
    if algorithm == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    if algorithm == "RS256":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ed25519.Ed25519PrivateKey.generate()


def public_jwk(algorithm: str, key: PrivateKey, key_id: str) -> dict[str, Any]:
    """The key's public half as JWK."""
    convert: Any = {"ES256": ECAlgorithm, "RS256": RSAAlgorithm}.get(algorithm, OKPAlgorithm)
    content: dict[str, Any] = json.loads(convert.to_jwk(key.public_key()))
    return {**content, "kid": key_id, "use": "sig"}
