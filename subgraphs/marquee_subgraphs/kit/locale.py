"""The languages of the cinema's texts."""

from __future__ import annotations

from enum import StrEnum


class Locale(StrEnum):
    """A language of mails, notifications and translations."""

    ES = "es"
    EN = "en"
