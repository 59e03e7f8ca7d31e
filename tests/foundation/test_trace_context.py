"""Trace contexts are read strictly, and what is made can be read."""

from __future__ import annotations

import pytest

from marquee_foundation.trace_context import (
    child_of,
    flags,
    is_sampled,
    is_traceparent,
    new_trace,
    span_id,
    trace_id,
    traceparent_of,
    unsampled,
)

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = f"00-{TRACE}-{SPAN}-01"


def test_the_parts_of_a_trace_context() -> None:
    assert is_traceparent(PARENT)
    assert (trace_id(PARENT), span_id(PARENT), flags(PARENT)) == (TRACE, SPAN, 1)
    assert traceparent_of(int(TRACE, 16), int(SPAN, 16), 1) == PARENT


@pytest.mark.parametrize(
    "text",
    [
        "",
        PARENT + "\n",
        PARENT + "-00",
        PARENT.upper(),
        PARENT.replace("00-", "01-", 1),
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
    ],
)
def test_what_is_no_trace_context_of_version_00(text: str) -> None:
    assert not is_traceparent(text)
    assert not is_sampled(text)


def test_only_the_lowest_flag_says_that_a_trace_is_recorded() -> None:
    found = [is_sampled(f"00-{TRACE}-{SPAN}-{value}") for value in ("01", "03", "ff", "00", "02")]
    assert found == [True, True, True, False, False]
    assert not is_sampled(None)
    assert not is_sampled(unsampled(PARENT))


def test_a_child_has_the_trace_and_the_flags_of_its_parent() -> None:
    child = child_of(PARENT)
    assert is_traceparent(child)
    assert (trace_id(child), flags(child)) == (TRACE, 1)
    assert span_id(child) != SPAN


def test_new_traces_are_valid_sampled_and_different() -> None:
    made = {new_trace() for _ in range(100)}
    assert len(made) == 100
    assert all(is_sampled(each) for each in made)
