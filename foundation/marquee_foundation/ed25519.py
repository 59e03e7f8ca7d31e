"""Ed25519 keys that sign tokens: read from PEM files, and published as JWKs (RFC 7517, RFC 8037).

Must never publish a private key: only public ones can be made into a JWK here.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)


def read_private_key(path: Path) -> Ed25519PrivateKey:
    """Read a private key in PEM. Raises `OSError`, or `ValueError` naming the file."""
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path} is not an Ed25519 private key")
    return key


def read_public_key(path: Path) -> Ed25519PublicKey:
    """Read a public key in PEM. Raises `OSError`, or `ValueError`; a private key is refused too."""
    key = load_pem_public_key(path.read_bytes())
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError(f"{path} is not an Ed25519 public key")
    return key


def key_id(key: Ed25519PublicKey) -> str:
    """Return the JWK thumbprint of a key (RFC 7638): the same key has the same id in every process."""
    # The members that the RFC names, in the order and the spelling that it prescribes.
    members = f'{{"crv":"Ed25519","kty":"OKP","x":"{_x(key)}"}}'
    return _encoded(hashlib.sha256(members.encode()).digest())


def public_jwk(key: Ed25519PublicKey) -> dict[str, str]:
    """Return the key as a JWK whose `kid` is its thumbprint."""
    return {"kty": "OKP", "crv": "Ed25519", "x": _x(key), "kid": key_id(key), "alg": "EdDSA", "use": "sig"}


def _x(key: Ed25519PublicKey) -> str:
    return _encoded(key.public_bytes(Encoding.Raw, PublicFormat.Raw))


def _encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
