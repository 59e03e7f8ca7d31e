"""How log lines are written: text for people, or one JSON object a line, as the router writes them.

Owns the format, and a last look that takes out what must not be in a log. Must never write a person's data or
a secret, whatever a library's error says.
"""

from __future__ import annotations

import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from marquee_subgraphs.kit.settings import Settings
from marquee_subgraphs.kit.trace import current_trace, current_work, trace_and_span

_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_HIDDEN: Final = (
    (re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"), "<email>"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), "<token>"),
    (re.compile(r"(?i)\bbearer\s+\S+"), "<token>"),
    (re.compile(r"\b[sr]k_(?:test|live)_\w+|\bwhsec_\w+"), "<key>"),
    (re.compile(r"://[^/\s:@]+:[^/\s@]+@"), "://<credentials>@"),
    (re.compile(r"\+\d[\d ()-]{7,}\d"), "<phone>"),
    (re.compile(r"\b(?:\d[ -]?){13,19}\b"), "<number>"),
    # PostgreSQL tells which values broke a constraint.
    (re.compile(r"\bKey \([^)]*\)=\([^)]*\)|\bFailing row contains \([^)]*\)"), "<values>"),
)


def without_secrets(text: str) -> str:
    """The text without mail addresses, tokens, keys, passwords in URLs, phones, cards and stored values."""
    for pattern, shown in _HIDDEN:
        text = pattern.sub(shown, text)
    return text


class AboutFilter(logging.Filter):
    """Tells each record what it is about: the trace and the request or event at hand."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always lets it through."""
        ids = trace_and_span(current_trace.get())
        if ids is not None:
            _default(record, "trace_id", ids[0])
            _default(record, "span_id", ids[1])
        work = current_work.get()
        if work is not None:
            _default(record, "request_id", work.request_id)
            _default(record, "operation", work.operation)
            _default(record, "user_id", work.user_id)
        return True


def _default(record: logging.LogRecord, name: str, value: str | None) -> None:
    if value is not None and not hasattr(record, name):
        setattr(record, name, value)


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, what it is about, and its own extra fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        entry |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return without_secrets(orjson.dumps(entry, default=str).decode())


class TextFormatter(logging.Formatter):
    """A line for people; the trace id stands at its end."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, and an exception's below it."""
        found = getattr(record, "trace_id", None)
        text = f"{record.levelname} {record.name}: {record.getMessage()}{f' [{found}]' if found else ''}"
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        return without_secrets(text)


def configure_logs(settings: Settings) -> None:
    """Send every line of this process to standard error, in the format and from the level of the settings.

    Libraries speak from their warnings on: what they tell below that may hold what was sent.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if settings.log_format == "json" else TextFormatter())
    handler.addFilter(AboutFilter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for ours in ("marquee", "marquee_subgraphs", "marquee_router"):
        logging.getLogger(ours).setLevel(settings.log_level.upper())
