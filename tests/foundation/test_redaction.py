"""No secret survives redaction, wherever it stands; what is no secret does."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marquee_foundation.redaction import HIDDEN, redact, redact_field, redact_value

PASSWORDS = st.text("abcXYZ0189-._~!$&'()*+,;=:@%", min_size=6, max_size=30).map("hunter".__add__)
URL_SAFE = st.text("abcXYZ0189-_", min_size=12, max_size=40)
SCHEMES = ["redis", "rediss", "amqp", "postgresql+asyncpg", "mongodb+srv", "smtp", "https"]
SURROUNDINGS = st.text(max_size=20).filter(lambda text: "hunter" not in text)


@settings(deadline=None)
@given(st.sampled_from(SCHEMES), st.sampled_from(["", "guest", "a.b"]), PASSWORDS, SURROUNDINGS)
def test_the_password_of_a_url_is_hidden_with_and_without_a_user(
    scheme: str, user: str, password: str, after: str
) -> None:
    shown = redact(f"no answer from {scheme}://{user}:{password}@host:6379/0 {after}")
    assert "hunter" not in shown
    assert f"{scheme}://" in shown
    assert "@host:6379/0" in shown or "<" in shown


@settings(deadline=None)
@given(SURROUNDINGS, URL_SAFE, SURROUNDINGS)
def test_bearer_tokens_and_jwts_are_hidden(before: str, token: str, after: str) -> None:
    for text in (
        f"Bearer hunter{token}",
        f"bearer\thunter{token}",
        f"eyJ{token}.hunter{token}.hunter{token}",
    ):
        assert "hunter" not in redact(f"{before} {text} {after}")


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer abc.def",
        "authorization: Basic YW5hOmFiYw==",
        "'Cookie': 'session=abc; theme=dark'",
        "password=abc",
        '{"clientSecret": "abc def"}',
        "{'api_key': 'abc'}",
        "GET /callback?access_token=abc&state=1",
        "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.abc",
        "sk_test_51abcdef",
        "whsec_abc",
        "https://abc@example.com/repository.git",
        "amqp://guest:abc@rabbit:5672/",
        "redis://:abc@cache:6379/0",
        "duplicate key\nDETAIL:  Key (email)=(abc) d) already exists.",
        "Failing row contains (usr_1, abc, 2026).",
        "for abc.quispe+film@example.com.pe",
        "call +51 987 654 321",
        "card 4242 4242 4242 4242",
        "card 4242424242424242",
    ],
)
def test_secrets_in_text_do_not_show(text: str) -> None:
    shown = redact(text)
    assert shown != text
    for secret in ("abc", "YW5h", "654", "4242"):
        assert secret not in shown


@pytest.mark.parametrize(
    "text",
    [
        "payment pay_01JD8Z0V7C of order ord_01JD8Z3X was asked for at 2026-11-24T08:24:50.12+00:00 on :5432",
        "subgraph payments answered 200 in 13 ms at http://127.0.0.1:4001/graphql",
        "GET https://cdn.example.com/package@1.2/index.js",
        "the keys of 3 tokens were passed on",
        "BuyTickets",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    "name",
    ["password", "DB_PASSWORD", "clientSecret", "x-api-key", "accessToken", "Authorization", "set-cookie"],
)
def test_a_field_is_hidden_by_its_name_at_any_depth(name: str) -> None:
    assert redact_field(name, "abc") == HIDDEN
    assert redact_value({"outer": [{name: {"deeper": "abc"}}]}) == {"outer": [{name: HIDDEN}]}
    assert redact_field(name, None) is None


class Colour(Enum):
    RED = "red"


def test_what_is_no_json_becomes_text() -> None:
    at = datetime(2026, 1, 2, tzinfo=UTC)
    found = redact_value(
        {"at": at, 1: Colour.RED, "path": ("a", 0), "error": ValueError("of ana@example.com")}
    )
    assert found == {"at": at.isoformat(), "1": "red", "path": ["a", 0], "error": "of <email>"}


def test_a_structure_that_contains_itself_ends() -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert orjson.dumps(redact_value(endless))


@pytest.mark.parametrize(("value", "shown"), [(1, 1), (4242424242424242, "<number>"), (2**70, str(2**70))])
def test_a_number_that_looks_like_a_card_is_hidden(value: int, shown: object) -> None:
    assert redact_value(value) == shown
