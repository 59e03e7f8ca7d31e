"""Formats log records, as text or as one JSON object per line, without secrets.

Owns the shape of a line. Must never write a secret or personal data, whatever a message, an extra field or an
exception of a library contains.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, Literal, TypeAlias

import orjson

from marquee_foundation.redaction import Json, redact, redact_field

LogFormat: TypeAlias = Literal["json", "text"]

_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_HEXADECIMAL: Final = frozenset({"trace_id", "span_id"})
"""Made by us, and not redacted: a span id of sixteen decimal digits would look like a card number."""


class JsonFormatter(logging.Formatter):
    """One JSON object per line: time, level, logger, message, and the record's own extra fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without its line break."""
        entry: dict[str, Json] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redact(_message(record)),
        }
        for name, value in vars(record).items():
            if name not in _STANDARD:
                is_own_id = name in _HEXADECIMAL and isinstance(value, str)
                entry[name] = value if is_own_id else redact_field(name, value)
        if record.exc_info:
            entry["exception"] = redact(self.formatException(record.exc_info))
        return _encoded(entry)


class TextFormatter(logging.Formatter):
    """A line for people, with the trace id at its end; `with_time` puts the time at its beginning."""

    def __init__(self, *, with_time: bool = False) -> None:
        super().__init__("%(asctime)s ")
        self._with_time = with_time

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, followed by the traceback of an exception."""
        time = f"{self.formatTime(record)} " if self._with_time else ""
        trace_id = getattr(record, "trace_id", None)
        trace = f" [{trace_id}]" if trace_id else ""
        text = redact(_message(record))
        if record.exc_info:
            trace += "\n" + redact(self.formatException(record.exc_info))
        return f"{time}{record.levelname} {record.name}: {text}{trace}"


def log_handler(log_format: LogFormat, *, with_time: bool = False) -> logging.Handler:
    """Return a handler that writes redacted lines in this format to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter(with_time=with_time))
    return handler


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        # `logging` would print the arguments of a template that they do not fit, secrets included.
        return f"{record.msg} (its arguments do not fit)"


def _encoded(entry: dict[str, Json]) -> str:
    try:
        return orjson.dumps(entry).decode()
    except TypeError:
        return orjson.dumps(_mapped(entry, _without_surrogates)).decode()


def _without_surrogates(text: str) -> str:
    """Half a character, as `os.fsdecode` leaves it, has no encoding in UTF-8."""
    return text.encode(errors="backslashreplace").decode()


def _mapped(value: Json, change: Callable[[str], str]) -> Json:
    match value:
        case str():
            return change(value)
        case list():
            return [_mapped(each, change) for each in value]
        case dict():
            return {change(name): _mapped(each, change) for name, each in value.items()}
        case _:
            return value
