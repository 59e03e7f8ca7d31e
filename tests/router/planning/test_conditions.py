"""The algebra of conditions."""

from __future__ import annotations

from functools import reduce

import pytest

from marquee_router.planning.conditions import ALWAYS, any_of, both, either, given, single, variables_of
from marquee_router.planning.errors import TooComplexError

A, NOT_A, B = single("a", True), single("a", False), single("b", True)


def test_contradictions_are_never_and_tautologies_always() -> None:
    assert both(A, NOT_A) is None
    assert either(A, NOT_A) == ALWAYS
    assert either(A, ALWAYS) == ALWAYS
    assert any_of([]) is None


def test_alternatives_stay_small() -> None:
    both_ = both(A, B)
    assert both_ is not None
    assert either(A, both_) == A
    assert either(both_, both(NOT_A, B)) == B
    assert variables_of(both_) == {"a", "b"}


def test_what_is_known_is_not_asked_again() -> None:
    both_ = both(A, B)
    assert both_ is not None
    assert given(A, both_) == B
    assert given(A, NOT_A) is None
    assert given(A, A) == ALWAYS
    assert given(ALWAYS, B) == B


def test_too_many_alternatives_are_refused() -> None:
    choices = [either(single(f"x{n}", True), single(f"y{n}", True)) or ALWAYS for n in range(20)]

    def all_of_them() -> None:
        reduce(lambda found, choice: both(found, choice) or ALWAYS, choices, ALWAYS)

    with pytest.raises(TooComplexError):
        all_of_them()
