"""Rules of form."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee_subgraphs.kit.ids import is_id, new_id
from marquee_subgraphs.kit.refusals import InvalidInputs
from marquee_subgraphs.kit.validation import InputCheck, normalize_email

NOW = datetime(2026, 1, 15, 18, 0, tzinfo=UTC)


def _paths(rule: Callable[[InputCheck], object]) -> list[list[str] | None]:
    try:
        with InputCheck() as check:
            rule(check)
    except InvalidInputs as refusal:
        return [part.path for part in refusal.parts()]
    return []


def test_text_is_cleaned() -> None:
    with InputCheck() as check:
        assert check.text("name", "  Jose\u0301 \U0001f3ac ") == "José \U0001f3ac"
        assert check.text("body", "one\n\ttwo", multiline=True) == "one\n\ttwo"
        assert check.optional_text("title", "  ") is None
        assert check.optional_text("title", None) is None
        assert check.optional_text("title", "x ") == "x"


@pytest.mark.parametrize(
    "text", ["", " ", "x" * 11, "a\x00b", "a\nb", "a\u202eb", "a\ue000", "a\u2028b", "\ufeff"]
)
def test_bad_text_is_refused(text: str) -> None:
    assert _paths(lambda check: check.text("name", text, most=10)) == [["input", "name"]]


def test_all_problems_are_told_at_once_with_deep_paths() -> None:
    def rule(check: InputCheck) -> None:
        check.text("rows.0.label", "")
        check.integer("rows.0.seats", 0, least=1, most=60)
        check.count("seatIds", ["a", "a"])
        check.idempotency_key("short")

    assert _paths(rule) == [
        ["input", "rows", "0", "label"],
        ["input", "rows", "0", "seats"],
        ["input", "seatIds"],
        ["input", "idempotencyKey"],
    ]


def test_another_exception_is_not_replaced_by_the_problems() -> None:
    def fail(check: InputCheck) -> None:
        check.problem("name", "is bad")
        raise KeyError("first")

    with pytest.raises(KeyError):
        _paths(fail)


@pytest.mark.parametrize("email", ["ana@example.test", "a.b+c@sub.example.co", "ñandú@example.pe", "A@B.CO"])
def test_an_email_is_taken_in_its_normal_form(email: str) -> None:
    with InputCheck() as check:
        assert check.email("email", f" {email} ") == normalize_email(email) == email.lower()


@pytest.mark.parametrize(
    "email",
    [
        "",
        "ana",
        "@b.co",
        "a@b",
        "a@b..co",
        "a@-b.co",
        "a b@c.co",
        "a@b.co,c@d.co",
        "a@b.co\n",
        "<a@b.co>",
        "a@@b.co",
    ],
)
def test_what_is_no_email_is_refused(email: str) -> None:
    expected = [] if email.strip() == "a@b.co" else [["input", "email"]]
    assert _paths(lambda check: check.email("email", email)) == expected


@given(st.text(max_size=60))
def test_no_text_breaks_a_rule(text: str) -> None:
    for rule in (
        lambda check: check.text("x", text),
        lambda check: check.email("x", text),
        lambda check: check.identifier("x", text, "usr"),
        lambda check: check.idempotency_key(text),
    ):
        assert _paths(rule) in ([], [["input", "x"]], [["input", "idempotencyKey"]])


def test_ids_are_distinct_of_a_kind_and_sorted_by_time() -> None:
    ids = [new_id("usr", NOW + timedelta(milliseconds=step)) for step in range(100)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 100
    assert all(is_id(each, "usr") and not is_id(each, "ord") for each in ids)
    assert not is_id(ids[0].lower(), "usr")
    assert not is_id(ids[0] + "0", "usr")
    assert not is_id(ids[0] + "\n", "usr")
    assert new_id("usr", NOW) != new_id("usr", NOW)
