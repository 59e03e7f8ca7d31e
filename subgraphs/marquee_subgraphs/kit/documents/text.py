"""Text as people search and sort it, without case and accents: "Psicosis" finds "psicósis". Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

_WORD = re.compile(r"\w+")


def fold(text: str) -> str:
    """Return `text` without case and accents; Spanish ñ sorts and is found as n."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join([letter for letter in decomposed if not unicodedata.combining(letter)])


def words(text: str) -> list[str]:
    """Return the folded words of `text`."""
    return _WORD.findall(fold(text))


def values_at(body: Any, path: str) -> Iterator[Any]:
    """Yield every value at a dotted path such as `translations.*.title`; `*` is any key, and lists are
    searched.
    """
    yield from _walk(body, path.split("."))


def _walk(value: Any, steps: list[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for member in value:
            yield from _walk(member, steps)
    elif not steps:
        if value is not None:
            yield value
    elif isinstance(value, dict):
        if steps[0] == "*":
            for member in value.values():
                yield from _walk(member, steps[1:])
        elif steps[0] in value:
            yield from _walk(value[steps[0]], steps[1:])
