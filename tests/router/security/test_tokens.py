"""Which tokens are good: signature, issuer, audience, times, algorithm, key; and what is remembered."""

from __future__ import annotations

import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

import jwt
import pytest

from marquee_router import Extras
from marquee_router.config import RouterConfig
from marquee_router.errors import RequestError, Unauthenticated
from marquee_router.security.tokens import AuthenticationUnavailable, TokenVerifier
from tests.router.security.issuing import ISSUER, Issuing, issuing, new_key
from tests.router.transport.driving import post
from tests.router.transport.fake import fake_app


def verifier(issuer: Issuing, **settings: Any) -> TokenVerifier:
    """A verifier that trusts this issuer."""
    authentication = {**issuer.settings()["authentication"], **settings}
    config = RouterConfig.model_validate({"authentication": authentication})
    return TokenVerifier(config.authentication, {ISSUER: issuer.jwks})


async def reason_of(verifier: TokenVerifier, token: str) -> str:
    """Why a token is refused."""
    with pytest.raises(Unauthenticated) as caught:
        await verifier.authenticate(f"Bearer {token}")
    assert caught.value.status == 401
    assert caught.value.headers["www-authenticate"].startswith("Bearer")
    return str(caught.value.errors[0]["extensions"]["reason"])


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256", "RS256"])
async def test_a_good_token_becomes_an_identity(algorithm: str) -> None:
    issuer = issuing(algorithm)
    token = issuer.token(
        "ada", scope="movies:read movies:write", scopes=["admin"], roles=["customer"], sid="s1"
    )
    identity = await verifier(issuer).authenticate(f"Bearer {token}")
    assert identity is not None
    assert (identity.subject, identity.issuer, identity.token) == ("ada", ISSUER, token)
    assert identity.scopes == {"movies:read", "movies:write", "admin"}
    assert identity.roles == {"customer"}
    assert identity.claims["sid"] == "s1"


async def test_no_token_is_a_guest() -> None:
    assert await verifier(issuing()).authenticate(None) is None


@pytest.mark.parametrize("value", ["Basic abc", "Bearer", "token", "Bearer  "])
async def test_another_scheme_is_refused(value: str) -> None:
    with pytest.raises(Unauthenticated):
        await verifier(issuing()).authenticate(value)


async def test_times_are_checked_with_leeway() -> None:
    issuer = issuing()
    now = time.time()
    assert await reason_of(verifier(issuer, leeway_seconds=0), issuer.token("ada", exp=now - 2)) == "EXPIRED"
    late = verifier(issuer, leeway_seconds=60)
    assert await late.authenticate(f"Bearer {issuer.token('ada', exp=now - 2)}") is not None
    assert await reason_of(verifier(issuer), issuer.token("ada", nbf=now + 100)) == "INVALID"


class Withdrawn:
    """Sessions whose tokens were withdrawn."""

    changes = 0

    def __init__(self) -> None:
        self.sessions: set[str] = set()

    def is_revoked(self, claims: Mapping[str, Any]) -> bool:
        return claims.get("sid") in self.sessions


async def test_a_token_that_is_withdrawn_is_refused_whether_or_not_it_was_seen_before() -> None:
    issuer, withdrawn = issuing(), Withdrawn()
    config = RouterConfig.model_validate(issuer.settings())
    told = TokenVerifier(config.authentication, {ISSUER: issuer.jwks}, withdrawn)
    seen, new, other = (issuer.token("ada", sid=sid) for sid in ("s1", "s1", "s2"))
    assert await told.authenticate(f"Bearer {seen}") is not None
    withdrawn.sessions.add("s1")
    assert await reason_of(told, seen) == "REVOKED"
    assert await reason_of(told, seen) == "REVOKED"
    assert await reason_of(told, new) == "REVOKED"
    assert await told.authenticate(f"Bearer {other}") is not None


async def test_a_token_without_end_or_subject_is_refused() -> None:
    issuer = issuing()
    assert await reason_of(verifier(issuer), issuer.token("ada", exp=None)) == "INVALID"
    assert await reason_of(verifier(issuer), issuer.token(None)) == "INVALID"


async def test_issuer_and_audience_must_be_known() -> None:
    issuer = issuing()
    assert await reason_of(verifier(issuer), issuer.token("ada", iss="https://other.test")) == "ISSUER"
    assert await reason_of(verifier(issuer), issuer.token("ada", iss=None)) == "ISSUER"
    assert await reason_of(verifier(issuer), issuer.token("ada", aud="another")) == "INVALID"


async def test_a_forged_signature_is_refused() -> None:
    issuer = issuing()
    forger = Issuing(keys={"one": new_key("EdDSA")})
    assert await reason_of(verifier(issuer), forger.token("ada")) == "INVALID"
    head, body, signature = issuer.token("ada").split(".")
    claims = (
        urlsafe_b64encode(b'{"iss":"https://issuer.test","sub":"root","exp":9999999999}').decode().rstrip("=")
    )
    assert await reason_of(verifier(issuer), f"{head}.{claims}.{signature}") == "INVALID"
    assert body


async def test_an_algorithm_outside_the_list_is_refused() -> None:
    issuer = issuing()
    unsigned = jwt.encode({"iss": ISSUER, "sub": "ada"}, "", algorithm="none", headers={"kid": "one"})
    assert await reason_of(verifier(issuer), unsigned) == "ALGORITHM"
    secret = "x" * 32
    symmetric = jwt.encode({"iss": ISSUER, "sub": "ada"}, secret, algorithm="HS256", headers={"kid": "one"})
    assert await reason_of(verifier(issuer), symmetric) == "ALGORITHM"
    only_rsa = verifier(issuer, issuers=[{"issuer": ISSUER, "algorithms": ["RS256"]}])
    assert await reason_of(only_rsa, issuer.token("ada")) == "ALGORITHM"


async def test_a_key_of_another_algorithm_is_refused() -> None:
    issuer = issuing("RS256")
    token = issuing("EdDSA").token("ada")
    assert await reason_of(verifier(issuer), token) == "INVALID"


@pytest.mark.parametrize("token", ["x", "a.b.c", "é.é.é", "." * 50, "x" * 10_000])
async def test_nonsense_is_refused(token: str) -> None:
    assert await reason_of(verifier(issuing()), token) == "MALFORMED"


async def test_a_rotated_key_is_fetched_when_it_is_met(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("marquee_router.security.tokens.REFETCH_SECONDS", 0.0)
    issuer = issuing()
    checker = verifier(issuer)
    assert await checker.authenticate(f"Bearer {issuer.token('ada')}") is not None
    issuer.rotate("two")
    assert await checker.authenticate(f"Bearer {issuer.token('eva')}") is not None
    assert issuer.fetched == 2


async def test_forged_key_ids_do_not_cause_fetches() -> None:
    issuer = issuing()
    checker = verifier(issuer)
    await checker.authenticate(f"Bearer {issuer.token('ada')}")
    for number in range(20):
        assert await reason_of(checker, issuer.token("ada", headers={"kid": f"forged-{number}"})) == "KEY"
    assert issuer.fetched == 1


async def test_keys_that_cannot_be_had_are_no_verdict() -> None:
    issuer = issuing()
    issuer.broken = True
    with pytest.raises(AuthenticationUnavailable) as caught:
        await verifier(issuer).authenticate(f"Bearer {issuer.token('ada')}")
    assert caught.value.status == 503


async def test_old_keys_serve_while_new_ones_cannot_be_had() -> None:
    issuer = issuing()
    checker = verifier(issuer, jwks_cache_seconds=0.000001)
    await checker.authenticate(f"Bearer {issuer.token('ada')}")
    issuer.broken = True
    assert await checker.authenticate(f"Bearer {issuer.token('eva')}") is not None


async def test_a_verified_token_is_not_verified_again_until_it_expires(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    issuer = issuing()
    checker = verifier(issuer, leeway_seconds=0)
    token = issuer.token("ada")
    first = await checker.authenticate(f"Bearer {token}")
    assert first is not None
    assert await checker.authenticate(f"Bearer {token}") is first
    after = first.expires_at + 1
    monkeypatch.setattr("marquee_router.security.tokens.time.time", lambda: after)
    assert await checker.authenticate(f"Bearer {token}") is not first


async def test_only_so_many_tokens_are_remembered() -> None:
    issuer = issuing()
    checker = verifier(issuer, cached_tokens=2)
    tokens = [issuer.token(name) for name in ("a", "b", "c")]
    first = [await checker.authenticate(f"Bearer {token}") for token in tokens]
    again = [await checker.authenticate(f"Bearer {token}") for token in reversed(tokens)]
    assert again[0] is first[2]
    assert again[2] is not first[0]


async def test_an_issuer_needs_keys_from_somewhere() -> None:
    config = RouterConfig.model_validate({"authentication": {"issuers": [{"issuer": "x"}]}})
    with pytest.raises(ValueError, match="jwks_url"):
        TokenVerifier(config.authentication)


async def test_over_http_a_bad_token_is_401_and_a_missing_one_a_guest() -> None:
    issuer = issuing()
    app, engine = fake_app(issuer.settings(), extras=issuer.extras())
    refused = await post(app, "{ hello }", headers={"authorization": "Bearer nonsense"})
    assert (refused.status, refused.code) == (401, "UNAUTHENTICATED")
    assert "www-authenticate" in refused.headers
    assert engine.contexts == []
    guest = await post(app, "{ hello }")
    assert guest.status == 200
    seen = engine.contexts
    assert [context.identity for context in seen] == [None]
    known = await post(app, "{ hello }", headers={"authorization": f"Bearer {issuer.token('ada')}"})
    assert known.status == 200
    identity = seen[-1].identity
    assert identity is not None
    assert identity.subject == "ada"


async def test_without_issuers_no_token_is_looked_at() -> None:
    app, engine = fake_app(extras=Extras())
    assert (await post(app, "{ hello }", headers={"authorization": "Bearer x"})).status == 200
    assert engine.contexts[-1].identity is None


def test_a_refusal_is_a_request_error() -> None:
    assert issubclass(AuthenticationUnavailable, RequestError)
