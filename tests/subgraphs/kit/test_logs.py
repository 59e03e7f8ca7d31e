"""Log lines of subgraphs carry the ids of the trace and of the request at hand."""

from __future__ import annotations

import io
import json
import logging
from typing import Any

import pytest

from marquee_foundation.logs import JsonFormatter
from marquee_subgraphs.kit.logs import AboutFilter
from marquee_subgraphs.kit.trace import current_trace, work_for

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Lines:
    """A logger that writes JSON into memory."""

    def __init__(self) -> None:
        self._stream = io.StringIO()
        handler = logging.StreamHandler(self._stream)
        handler.setFormatter(JsonFormatter())
        handler.addFilter(AboutFilter())
        self.logger = logging.Logger("marquee.shop")
        self.logger.addHandler(handler)

    def read(self) -> list[dict[str, Any]]:
        """What was written."""
        return [json.loads(line) for line in self._stream.getvalue().splitlines()]


@pytest.fixture
def lines() -> Lines:
    return Lines()


def test_a_line_says_which_trace_request_and_person_it_is_about(lines: Lines) -> None:
    token = current_trace.set(TRACE)
    with work_for(correlation_id="req-1", operation="Buy", user_id="usr_1"):
        lines.logger.warning("no %s", "luck")
    current_trace.reset(token)
    lines.logger.warning("alone")
    inside, outside = lines.read()
    assert inside["message"] == "no luck"
    assert inside["trace_id"] == "0af7651916cd43dd8448eb211c80319c"
    assert inside["span_id"] == "b7ad6b7169203331"
    assert (inside["request_id"], inside["operation"], inside["user_id"]) == ("req-1", "Buy", "usr_1")
    assert set(outside) == {"time", "level", "logger", "message"}


def test_what_the_line_itself_says_wins(lines: Lines) -> None:
    with work_for(correlation_id="req-1", operation="Buy"):
        lines.logger.error("at a field", extra={"operation": "Other"})
    assert lines.read()[0]["operation"] == "Other"
