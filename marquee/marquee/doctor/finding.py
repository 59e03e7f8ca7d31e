"""`Finding`: what one look has shown, and what to do about it; and keeping secrets out of it."""

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
    """How bad it is."""

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
    """How long a part took to answer."""


Look = Callable[[], Awaitable[Finding]]
"""Looks at one thing. What it raises is a bad finding too."""


def good(name: str, detail: str) -> Finding:
    """All is well."""
    return Finding(name, Verdict.GOOD, detail)


def warning(name: str, detail: str, advice: str) -> Finding:
    """It works, and should be seen to."""
    return Finding(name, Verdict.WARNING, detail, advice)


def bad(name: str, detail: str, advice: str) -> Finding:
    """It will not work."""
    return Finding(name, Verdict.BAD, detail, advice)


class Discretion:
    """Takes every secret of the settings out of texts."""

    def __init__(self, settings: Settings) -> None:
        secrets: set[str] = set()
        for name in type(settings).model_fields:
            value = getattr(settings, name)
            if isinstance(value, SecretStr):
                secrets |= _secrets_of(value.get_secret_value())
        self._secrets = sorted(secrets, key=len, reverse=True)

    def hide(self, finding: Finding) -> Finding:
        """The same finding without a secret in it."""
        advice = None if finding.advice is None else self._without(finding.advice)
        return replace(finding, detail=self._without(finding.detail), advice=advice)

    def _without(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        return text


def _secrets_of(value: str) -> set[str]:
    """A key whole; of an address only its password, and the address with it."""
    if "://" not in value:
        return {value, *(part for part in value.split(":") if len(part) > 8)}
    password = urlsplit(value).password
    return {value, password, unquote(password)} if password else set()


def place_of(url: SecretStr) -> str:
    """Host and port of an address, for people."""
    parts = urlsplit(url.get_secret_value())
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
