"""What an access token says, and for how long. Keys rotate without signing anybody out."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import jwt
import pytest

from marquee_foundation.ed25519 import key_id
from marquee_subgraphs.kit.clock import FrozenClock
from marquee_subgraphs.kit.locale import Locale
from marquee_subgraphs.users.adapters.signing_keys import read_or_make_key
from marquee_subgraphs.users.domain import SCOPES, Role, UserRecord
from marquee_subgraphs.users.service.tokens import AccessTokens
from tests.subgraphs.door import Door
from tests.subgraphs.users.people import LOGIN, PASSWORD, SET_ROLE, admin, register, send

NOW = datetime(2026, 1, 15, 18, 0, tzinfo=UTC)
ANA = UserRecord("usr_1", "ana@example.test", "Ana", Role.CUSTOMER, Locale.ES, (), NOW)


async def test_the_access_token_says_who_and_what_for_a_quarter_of_an_hour(
    door: Door, clock: FrozenClock
) -> None:
    payload = await register(door)
    status, jwks = await door.get("/.well-known/jwks.json")
    assert status == 200
    [key] = jwt.PyJWKSet.from_dict(jwks).keys
    assert jwt.get_unverified_header(payload["accessToken"])["kid"] == key.key_id
    claims = jwt.decode(
        payload["accessToken"], key, algorithms=["EdDSA"], audience="marquee", options={"verify_exp": False}
    )
    assert claims["iss"] == "marquee-users"
    assert claims["sub"] == payload["user"]["id"]
    assert (claims["roles"], claims["scope"]) == (["customer"], "")
    assert claims["exp"] - claims["iat"] == 15 * 60 == claims["exp"] - int(clock.now().timestamp())
    assert "cinemas" not in claims
    assert "d" not in jwks["keys"][0]


async def test_the_token_of_staff_carries_scopes_and_cinemas(door: Door) -> None:
    user = (await register(door))["user"]
    await send(
        door,
        SET_ROLE,
        admin(),
        userId=user["id"],
        role="BOX_OFFICE",
        cinemaIds=["cin_1"],
        reason="Hired at the box office",
    )
    payload = await send(door, LOGIN, email="ana@example.test", password=PASSWORD)
    claims = jwt.decode(payload["accessToken"], options={"verify_signature": False})
    assert claims["roles"] == ["box_office"]
    assert set(claims["scope"].split()) == SCOPES[Role.BOX_OFFICE]
    assert claims["cinemas"] == ["cin_1"]


def test_while_rotating_tokens_of_both_keys_verify(tmp_path: Path) -> None:
    old, new = read_or_make_key(tmp_path / "old.pem"), read_or_make_key(tmp_path / "new.pem")
    before = AccessTokens([old]).issue(ANA, "ses_1", NOW)
    rotated = AccessTokens([new, old])
    after = rotated.issue(ANA, "ses_1", NOW)
    published = jwt.PyJWKSet.from_dict(rotated.jwks)
    for token, key in ((before, old), (after, new)):
        named = jwt.get_unverified_header(token.text)["kid"]
        assert named == key_id(key.public_key())
        claims = jwt.decode(
            token.text,
            published[named],
            algorithms=["EdDSA"],
            audience="marquee",
            options={"verify_exp": False},
        )
        assert (claims["sub"], claims["sid"]) == ("usr_1", "ses_1")


def test_no_key_is_no_service() -> None:
    with pytest.raises(ValueError, match="at least one"):
        AccessTokens([])
