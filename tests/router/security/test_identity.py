"""The identity that subgraphs receive: what it says, how long, and that it costs nothing per request."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from marquee_router.config import RouterConfig
from marquee_router.config.model import SubgraphIdentity
from marquee_router.errors import RouterMisconfigured
from marquee_router.request import Identity
from marquee_router.security.identity import IdentitySigner
from tests.router.security.issuing import issuing
from tests.router.transport.driving import call, post
from tests.router.transport.fake import fake_app


def who(**claims: Any) -> Identity:
    """A verified client."""
    return Identity(
        "ada",
        "https://i.test",
        frozenset({"b", "a"}),
        frozenset({"customer"}),
        "token",
        time.time() + 300,
        claims,
    )


def signed(signer: IdentitySigner, identity: Identity | None, subgraph: str = "orders") -> str:
    """What a subgraph receives."""
    return signer.sign(signer.describe(identity), subgraph)


def read(signer: IdentitySigner, token: str) -> dict[str, Any]:
    """Verify as a subgraph does."""
    assert jwt.get_unverified_header(token)["kid"] == signer.key_id
    key = jwt.PyJWK(signer.jwks["keys"][0])
    claims: dict[str, Any] = jwt.decode(
        token, key, algorithms=["EdDSA"], audience="marquee-subgraphs/orders", issuer="marquee-router"
    )
    return claims


def test_a_client_is_described_by_its_verified_claims() -> None:
    signer = IdentitySigner(SubgraphIdentity())
    claims = read(signer, signed(signer, who(sid="s1", cinemas=["c1"], email="a@b.test")))
    assert claims["exp"] - claims["iat"] == 60
    assert {name: value for name, value in claims.items() if name not in ("iat", "exp")} == {
        "iss": "marquee-router",
        "aud": "marquee-subgraphs/orders",
        "sub": "ada",
        "scopes": "a b",
        "roles": ["customer"],
        "sid": "s1",
        "cinemas": ["c1"],
    }


def test_a_guest_has_one_too() -> None:
    signer = IdentitySigner(SubgraphIdentity())
    claims = read(signer, signed(signer, None))
    assert claims["anonymous"] is True
    assert "sub" not in claims
    assert (claims["scopes"], claims["roles"]) == ("", [])


def test_a_copied_claim_never_overrides_the_routers_own() -> None:
    signer = IdentitySigner(SubgraphIdentity(claims=("iss", "aud", "sub", "roles")))
    claims = read(signer, signed(signer, who(iss="evil", aud="all", sub="root", roles=["admin"])))
    assert (claims["iss"], claims["sub"], claims["roles"]) == ("marquee-router", "ada", ["customer"])


def test_it_is_signed_once_per_token_and_half_lifetime(monkeypatch: pytest.MonkeyPatch) -> None:
    signer = IdentitySigner(SubgraphIdentity())
    now = time.time()
    first = signed(signer, who())
    monkeypatch.setattr("marquee_router.security.identity.time.time", lambda: now + 29)
    assert signed(signer, who()) is first
    monkeypatch.setattr("marquee_router.security.identity.time.time", lambda: now + 31)
    second = signed(signer, who())
    assert second != first
    claims = jwt.decode(second, options={"verify_signature": False})
    assert claims["exp"] >= int(now) + 31 + 60


def test_each_subgraph_gets_an_identity_that_is_for_it_alone() -> None:
    signer = IdentitySigner(SubgraphIdentity(audience="shop"))
    for identity in (who(), None):
        described = signer.describe(identity)
        tokens = {name: signer.sign(described, name) for name in ("orders", "parcels")}
        assert signer.sign(described, "orders") is tokens["orders"]
        for name, token in tokens.items():
            assert jwt.decode(token, options={"verify_signature": False})["aud"] == f"shop/{name}"


def test_the_key_may_come_from_a_file(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    file = tmp_path / "key.pem"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    signers = [IdentitySigner(SubgraphIdentity(key_file=str(file))) for _ in range(2)]
    assert signers[0].jwks == signers[1].jwks
    assert read(signers[1], signed(signers[0], None))["anonymous"] is True


def test_while_keys_change_both_are_published(tmp_path: Path) -> None:
    new, old, old_public = (tmp_path / name for name in ("new.pem", "old.pem", "old.pub"))
    old_key = Ed25519PrivateKey.generate()
    for file, key in ((new, Ed25519PrivateKey.generate()), (old, old_key)):
        file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    old_public.write_bytes(old_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    former = IdentitySigner(SubgraphIdentity(key_file=str(old)))
    for previous in (old, old_public):
        signer = IdentitySigner(SubgraphIdentity(key_file=str(new), previous_key_file=str(previous)))
        assert [key["kid"] for key in signer.jwks["keys"]] == [signer.key_id, former.key_id]
        assert read(signer, signed(signer, None))["anonymous"] is True


def test_a_key_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    for content, reason in ((None, "No such file"), (b"not a key", "PEM")):
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(RouterMisconfigured, match=reason):
            fake_app({"subgraph_identity": {"key_file": str(file)}})


def test_a_lifetime_over_a_minute_is_refused() -> None:
    with pytest.raises(ValueError, match="60"):
        RouterConfig.model_validate({"subgraph_identity": {"lifetime_seconds": 61}})


async def test_each_request_carries_it_and_the_key_is_published() -> None:
    issuer = issuing()
    settings = {**issuer.settings(), "headers": {"propagate": ["x-marquee-identity", "accept-language"]}}
    app, engine = fake_app(settings, extras=issuer.extras())
    await post(
        app,
        "{ hello }",
        headers={
            "authorization": f"Bearer {issuer.token('ada', sid='s7')}",
            "x-marquee-identity": "forged",
            "accept-language": "es",
        },
    )
    sent = engine.contexts[-1].subgraph_headers
    assert app.signer is not None
    published = (await call(app, "GET", "/.well-known/jwks.json")).json
    claims = jwt.decode(
        app.signer.sign(sent["x-marquee-identity"], "orders"),
        jwt.PyJWK(published["keys"][0]),
        algorithms=["EdDSA"],
        audience="marquee-subgraphs/orders",
    )
    assert (claims["sub"], claims["sid"]) == ("ada", "s7")
    assert sent["accept-language"] == "es"
    assert "authorization" not in sent
