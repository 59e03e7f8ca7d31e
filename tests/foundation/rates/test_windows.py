"""The window slides, says when it has room again, and remembers a bounded number of subjects."""

from __future__ import annotations

import pytest

from marquee_foundation.rates.windows import WindowRate, seconds_until_room


class Clock:
    """A time that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_window_slides() -> None:
    clock = Clock()
    rate = WindowRate(10, 60, now=clock)
    assert [rate.hit("ada") for _ in range(11)] == [True] * 10 + [False]
    assert rate.used("ada") == 10
    assert rate.retry_after_seconds("ada") == 66
    clock.now = 65.9
    assert not rate.hit("ada")
    clock.now = 66.0
    assert rate.hit("ada")
    assert rate.used("ada") == pytest.approx(10)
    assert not rate.hit("ada")
    assert rate.retry_after_seconds("ada") == 6
    clock.now = 72.0
    assert rate.hit("ada")
    assert rate.used("ada") == pytest.approx(10)
    clock.now = 240.0
    assert rate.hit("ada")
    assert rate.used("ada") == 1


@pytest.mark.parametrize("limit", [1, 3, 7])
@pytest.mark.parametrize("at", [0.0, 17.3, 59.9])
def test_a_refused_subject_has_room_when_it_was_told_and_not_two_seconds_before(
    limit: int, at: float
) -> None:
    clock = Clock()
    clock.now = at
    rate = WindowRate(limit, 60, now=clock)
    for _ in range(limit):
        assert rate.hit("ada")
    wait = rate.retry_after_seconds("ada")
    clock.now = at + wait - 2
    assert not rate.hit("ada")
    clock.now = at + wait
    assert rate.hit("ada")


def test_what_is_remembered_is_bounded() -> None:
    rate = WindowRate(1, 60, subjects_at_most=3, now=Clock())
    assert [rate.hit(subject) for subject in "abcd"] == [True] * 4
    assert [rate.hit(subject) for subject in "dcb"] == [False] * 3
    assert rate.hit("a")


def test_an_empty_window_has_room_in_a_second_at_the_latest() -> None:
    assert seconds_until_room(WindowRate(1, 60).item, (0, 0.0, 0, 0.0)) == 1
