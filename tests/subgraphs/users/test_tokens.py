"""Signing keys: made once, kept to their owner, rotated without signing anybody out."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import jwt
import pytest

from marquee_foundation.ed25519 import key_id
from marquee_subgraphs.kit.locale import Locale
from marquee_subgraphs.users.domain import Role, UserRecord
from marquee_subgraphs.users.tokens import AccessTokens, read_or_make_key

NOW = datetime(2026, 1, 15, 18, 0, tzinfo=UTC)
ANA = UserRecord("usr_1", "ana@example.test", "Ana", Role.CUSTOMER, Locale.ES, (), NOW)


def test_a_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "key.pem"
    made = read_or_make_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert key_id(read_or_make_key(path).public_key()) == key_id(made.public_key())
    assert [each.name for each in path.parent.iterdir()] == ["key.pem"]


def test_processes_that_start_together_agree_on_the_key(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: read_or_make_key(path), range(16)))
    assert len({key_id(key.public_key()) for key in keys}) == 1


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
