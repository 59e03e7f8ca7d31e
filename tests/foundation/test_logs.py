"""Every line is one JSON object, and holds no secret."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marquee_foundation.logs import JsonFormatter, LogFormat, TextFormatter, log_handler

SECRETS = [
    "redis://:hunter2@cache:6379",
    "amqp://guest:hunter2@broker/",
    "Authorization: Bearer hunter2",
    "Bearer hunter2",
    "password=hunter2",
    'token: "hunter2"',
    "eyJhbGciOiJFZERTQSJ9.hunter2.hunter2",
    "hunter2@example.com",
]
TEXTS = st.text(st.characters(), max_size=30)  # lone surrogates included
SECRET_TEXTS = st.builds(lambda before, secret: f"{before} {secret}", TEXTS, st.sampled_from(SECRETS))
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | SECRET_TEXTS | st.binary(max_size=9)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS | st.integers(), inner, max_size=3),
    max_leaves=8,
)


def _record(message: object, *args: object, error: Exception | None = None) -> logging.LogRecord:
    info = None if error is None else (type(error), error, error.__traceback__)
    return logging.makeLogRecord(
        {"levelname": "INFO", "msg": message, "args": args, "exc_info": info, "name": "shop"}
    )


def _line(record: logging.LogRecord) -> dict[str, Any]:
    text = JsonFormatter().format(record)
    assert "\n" not in text
    line: dict[str, Any] = json.loads(text)
    return line


@settings(deadline=None)
@given(SECRET_TEXTS, SECRET_TEXTS, VALUES, VALUES)
def test_each_line_is_json_and_no_secret_survives(
    message: str, reason: str, value: object, nested: object
) -> None:
    record = _record("%s", message, error=ValueError(reason))
    record.__dict__ |= {"value": value, "nested": {"inside": [nested]}, "client_secret": "hunter2"}
    line = _line(record)
    assert {"time", "level", "logger", "message", "value", "nested", "exception"} <= set(line)
    assert "hunter2" not in json.dumps(line)
    assert "hunter2" not in TextFormatter().format(record)


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_at_the_end_of_a_line_leaves_its_closing_quote(secret: str) -> None:
    record = _record("failed")
    record.reason = secret
    line = _line(record)
    assert (line["message"], "hunter2" in line["reason"]) == ("failed", False)


def test_a_line_has_the_fields_of_its_record() -> None:
    record = _record("%s broke", "it")
    record.span_id = "1234567890123456"
    record.status = 503
    line = _line(record)
    assert (line["message"], line["level"], line["span_id"], line["status"]) == (
        "it broke",
        "info",
        "1234567890123456",
        503,
    )
    assert line["time"].endswith("+00:00")


def test_arguments_that_do_not_fit_are_not_printed() -> None:
    assert _line(_record("%s and %s", "hunter2"))["message"] == "%s and %s (its arguments do not fit)"


def test_text_shows_the_trace_and_an_exception() -> None:
    record = _record("failed", error=ValueError("no mail to ana@example.com"))
    record.trace_id = "abc"
    first, *rest = TextFormatter().format(record).splitlines()
    assert first == "INFO shop: failed [abc]"
    assert rest == ["ValueError: no mail to <email>"]
    assert TextFormatter(with_time=True).format(record)[:2] == "20"


@pytest.mark.parametrize(("log_format", "formatter"), [("json", JsonFormatter), ("text", TextFormatter)])
def test_a_handler_writes_to_standard_error(
    log_format: LogFormat, formatter: type[logging.Formatter]
) -> None:
    handler = log_handler(log_format)
    assert isinstance(handler, logging.StreamHandler)
    assert handler.stream is sys.stderr
    assert type(handler.formatter) is formatter
