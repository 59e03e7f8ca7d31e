"""Log lines of subgraphs: what they are about, and what they never hold."""

from __future__ import annotations

import io
import json
import logging
from typing import Any

import pytest

from marquee_subgraphs.kit.logs import AboutFilter, JsonFormatter, TextFormatter, without_secrets
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


@pytest.mark.parametrize(
    "text",
    [
        "duplicate key\nDETAIL:  Key (email)=(ana@example.com) already exists.",
        "Failing row contains (usr_1, Ana, 2026).",
        "for ana.quispe+film@example.com.pe",
        "Authorization: Bearer abc.def",
        "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2ln",
        "sk_test_51abcdef",
        "amqp://guest:hunter2@rabbit:5672/",
        "call +51 987 654 321",
        "card 4242 4242 4242 4242",
    ],
)
def test_values_do_not_show(text: str) -> None:
    shown = without_secrets(text)
    for secret in ("ana", "Ana", "abc", "c2ln", "hunter2", "654", "4242"):
        assert secret not in shown


def test_what_is_no_secret_stays() -> None:
    text = (
        "payment pay_01JD8Z0V7C of order ord_01JD8Z3X was asked for at 2026-11-24T08:24:50.123+00:00 on :5432"
    )
    assert without_secrets(text) == text


@pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter()])
def test_exceptions_are_looked_through_too(formatter: logging.Formatter) -> None:
    try:
        raise ValueError("no mail to ana@example.com")
    except ValueError as error:
        record = logging.makeLogRecord(
            {"msg": "failed", "exc_info": (ValueError, error, error.__traceback__)}
        )
    text = formatter.format(record)
    assert "ValueError" in text
    assert "ana@example.com" not in text
