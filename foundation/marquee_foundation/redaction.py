"""Removes secrets and personal data from values that are about to be logged.

Owns the list of what counts as a secret. It works on values, never on encoded JSON: a pattern that runs over
JSON text can swallow the quote that closes a string, and the line is then no JSON any more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import lru_cache
from typing import Final, TypeAlias

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

HIDDEN: Final = "<hidden>"
_MAX_DEPTH: Final = 8
_INT64: Final = 2**63
_SMALLEST_CARD_NUMBER: Final = 10**12
_NAMES: Final = r"pass(?:word|wd|phrase)|secret|token|api[-_]?key|private[-_]?key|credential"
_SECRET_NAME: Final = re.compile(rf"(?i){_NAMES}|authori[sz]ation|cookie")
_VALUE: Final = r"""(?:"[^"]*"?|'[^']*'?|[^\s"',;&)}\]]+)"""


@dataclass(frozen=True, slots=True)
class _Rule:
    """A pattern, what stands in place of its matches, and the words without which it cannot match.

    A word is in lower case. Looking for words is forty times cheaper than searching for the pattern.
    """

    words: tuple[str, ...]
    pattern: re.Pattern[str]
    replacement: str


_RULES: Final = (
    # The user information of a URL: `://user:password@`, `://:password@` and `://token@`.
    _Rule(("://",), re.compile(r"""://[^/\s?#"<>]*@"""), "://<credentials>@"),
    _Rule(("@",), re.compile(r"[\w.+%-]{1,64}@(?:[\w-]+\.)+[^\W\d_]{2,}"), "<email>"),
    # The rest of the line, because these headers contain spaces: `Authorization: Basic dXNlcjpwYXNz`.
    _Rule(
        ("authori", "cookie"),
        re.compile(r"""(?i)((?:authori[sz]ation|cookie)["']?\s*[=:]\s*["']?)[^\r\n"']+"""),
        rf"\1{HIDDEN}",
    ),
    _Rule(("bearer",), re.compile(r"""(?i)\bbearer\s+[^\s"']+"""), "<token>"),
    # `password=hunter2`, `"password": "hunter2"`, `?access_token=abc`.
    _Rule(
        ("pass", "secret", "token", "key", "credential"),
        re.compile(rf"""(?i)((?:{_NAMES})[\w-]*["']?\s*[=:]\s*){_VALUE}"""),
        rf"\1{HIDDEN}",
    ),
    _Rule(("eyj",), re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), "<token>"),
    _Rule(("k_", "whsec_"), re.compile(r"\b[sr]k_(?:test|live)_\w+|\bwhsec_\w+"), "<key>"),
    _Rule(("+",), re.compile(r"\+\d[\d ()-]{7,}\d"), "<phone>"),
    # PostgreSQL's detail of a broken constraint quotes the stored values.
    _Rule(
        ("key (", "failing row"),
        re.compile(r"\bKey \([^)]*\)=\(.*\)|\bFailing row contains \(.*\)"),
        "<values>",
    ),
)
_CARD: Final = re.compile(r"\b\d(?:[ -]?\d){12,18}\b")


def redact(text: str) -> str:
    """Return `text` without passwords, tokens, keys, mail addresses, phones, card numbers and stored rows."""
    if text.isidentifier() and "k_" not in text and "whsec_" not in text:
        return text  # the usual id or operation name: no pattern but those of keys can match
    lowered = text.lower()
    for rule in _RULES:
        for word in rule.words:
            if word in lowered:
                text = rule.pattern.sub(rule.replacement, text)
                break
    return _CARD.sub("<number>", text)


def redact_value(value: object, depth: int = _MAX_DEPTH) -> Json:
    """Return `value` as JSON data without secrets; what is no JSON is replaced by its redacted `str`.

    Nested mappings and sequences are copied down to `depth` levels; a level below that becomes text.
    """
    match value:
        case Enum():
            return redact_value(value.value, depth)
        case str():
            return redact(value)
        case None | bool() | float():
            return value
        case int():
            return _redact_number(value)
        case date():
            return value.isoformat()
        case Mapping() if depth > 0:
            return {
                redact(str(name)): redact_field(str(name), each, depth - 1) for name, each in value.items()
            }
        case list() | tuple() | set() | frozenset() if depth > 0:
            return _redact_items(value, depth - 1)
        case _:
            return redact(str(value))


def redact_field(name: str, value: object, depth: int = _MAX_DEPTH) -> Json:
    """Return the value of a field; a field whose name says that it is secret shows only `<hidden>`."""
    if value is None or not _is_secret_name(name):
        return redact_value(value, depth)
    return HIDDEN


@lru_cache(maxsize=1024)
def _is_secret_name(name: str) -> bool:
    return _SECRET_NAME.search(name) is not None


def _redact_items(values: Iterable[object], depth: int) -> list[Json]:
    return [redact_value(each, depth) for each in values]


def _redact_number(value: int) -> Json:
    if -_SMALLEST_CARD_NUMBER < value < _SMALLEST_CARD_NUMBER:
        return value
    text = redact(str(value))
    # JSON encoders refuse integers of more than 64 bits.
    return value if text == str(value) and -_INT64 <= value < _INT64 else text
