"""The router's own lines are redacted, in both formats."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Literal

import pytest

from marquee_foundation.logs import JsonFormatter
from marquee_router.config.model import Logs
from marquee_router.observability.logs import configure_logs

CONFIGURED = ("marquee_router", "marquee_foundation", "uvicorn", "asyncio", "opentelemetry")


@pytest.fixture
def _restored() -> Iterator[None]:
    """Puts the loggers back, because `configure_logs` changes them for the whole process."""
    loggers = [logging.getLogger(name) for name in CONFIGURED]
    before = [(list(each.handlers), each.level, each.propagate) for each in loggers]
    yield
    for logger, (handlers, level, propagate) in zip(loggers, before, strict=True):
        logger.handlers[:] = handlers
        logger.setLevel(level)
        logger.propagate = propagate


@pytest.mark.usefixtures("_restored")
@pytest.mark.parametrize("log_format", ["json", "text"])
def test_a_line_of_the_router_shows_no_password(
    log_format: Literal["json", "text"], capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs(Logs(format=log_format))
    logging.getLogger("marquee_router.caching").warning("no answer from %s", "redis://:hunter2@cache:6379")
    shown = capsys.readouterr().err
    assert "no answer from redis://<credentials>@cache:6379" in shown
    if log_format == "json":
        assert json.loads(shown)["logger"] == "marquee_router.caching"


def test_a_json_line_carries_what_the_record_says() -> None:
    record = logging.makeLogRecord(
        {"name": "marquee_router.http", "levelname": "ERROR", "msg": "it %s", "args": ("broke",)}
    )
    record.trace_id = "abc"
    line = json.loads(JsonFormatter().format(record))
    assert line["message"] == "it broke"
    assert (line["level"], line["logger"], line["trace_id"]) == ("error", "marquee_router.http", "abc")
    assert line["time"].endswith("+00:00")
