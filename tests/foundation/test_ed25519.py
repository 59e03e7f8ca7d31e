"""Keys are read from PEM files, and published with the thumbprint that RFC 7638 prescribes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from jwt import PyJWK

from marquee_foundation.ed25519 import key_id, public_jwk, read_private_key, read_public_key

KEY = Ed25519PrivateKey.generate()
RSA = generate_private_key(public_exponent=65537, key_size=2048)
PRIVATE = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
PUBLIC = (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_keys_are_read_from_pem_files(tmp_path: Path) -> None:
    private, public = tmp_path / "private.pem", tmp_path / "public.pem"
    private.write_bytes(KEY.private_bytes(*PRIVATE))
    public.write_bytes(KEY.public_key().public_bytes(*PUBLIC))
    assert key_id(read_private_key(private).public_key()) == key_id(read_public_key(public))
    with pytest.raises(ValueError, match="PEM"):
        read_public_key(private)


@pytest.mark.parametrize(
    ("read", "pem", "kind"),
    [
        (read_private_key, RSA.private_bytes(*PRIVATE), "private"),
        (read_public_key, RSA.public_key().public_bytes(*PUBLIC), "public"),
    ],
)
def test_another_kind_of_key_is_refused_by_name(
    tmp_path: Path, read: Callable[[Path], object], pem: bytes, kind: str
) -> None:
    path = tmp_path / "rsa.pem"
    path.write_bytes(pem)
    with pytest.raises(ValueError, match=rf"rsa\.pem is not an Ed25519 {kind} key"):
        read(path)


def test_the_thumbprint_is_that_of_rfc_8037() -> None:
    """Appendix A.3 of the RFC."""
    x = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    assert key_id(Ed25519PublicKey.from_public_bytes(x)) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_a_published_key_verifies_and_holds_nothing_private() -> None:
    jwk = public_jwk(KEY.public_key())
    assert jwk["kid"] == key_id(KEY.public_key())
    assert set(jwk) == {"kty", "crv", "x", "kid", "alg", "use"}
    PyJWK(jwk).key.verify(KEY.sign(b"text"), b"text")
