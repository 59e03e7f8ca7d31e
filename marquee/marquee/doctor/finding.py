"""`Finding`: the result of one look, with advice; and the removal of secrets from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from marquee_subgraphs.kit.settings import Settings

_HIDDEN: Final = "***"


class Verdict(StrEnum):
    """How serious a finding is."""

    GOOD = "ok"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; `advice` says what to do unless all is well."""

    name: str
    verdict: Verdict
    detail: str
    advice: str | None = None
    milliseconds: int | None = None
    """Response time of a remote service."""


Look = Callable[[], Awaitable[Finding]]
"""Examines one thing. An exception is a bad finding, too."""


def good(name: str, detail: str) -> Finding:
    """A finding that needs no action."""
    return Finding(name, Verdict.GOOD, detail)


def warning(name: str, detail: str, advice: str) -> Finding:
    """A finding about something that works and needs attention."""
    return Finding(name, Verdict.WARNING, detail, advice)


def bad(name: str, detail: str, advice: str) -> Finding:
    """A finding about something that does not work."""
    return Finding(name, Verdict.BAD, detail, advice)


class Discretion:
    """Removes every secret of the settings from texts."""

    def __init__(self, settings: Settings) -> None:
        secrets: set[str] = set()
        for name in type(settings).model_fields:
            value = getattr(settings, name)
            if isinstance(value, SecretStr):
                secrets |= _secrets_of(value.get_secret_value())
        self._secrets = sorted(secrets, key=len, reverse=True)

    def hide(self, finding: Finding) -> Finding:
        """The same finding with every secret replaced."""
        advice = None if finding.advice is None else self._without(finding.advice)
        return replace(finding, detail=self._without(finding.detail), advice=advice)

    def _without(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        return text


def _secrets_of(value: str) -> set[str]:
    """The texts to hide: a key; of an address its password, and the whole address."""
    if "://" not in value:
        return {value, *(part for part in value.split(":") if len(part) > 8)}
    password = urlsplit(value).password
    return {value, password, unquote(password)} if password else set()


def place_of(url: SecretStr) -> str:
    """Host and port of an address, for people."""
    parts = urlsplit(url.get_secret_value())
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
