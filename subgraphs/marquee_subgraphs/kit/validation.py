"""Rules of form for inputs: lengths, characters, emails, ids. Collects every problem, then refuses with all
of them.

Knows no GraphQL and no database; rules that need either belong to the service.
"""

from __future__ import annotations

import re
import unicodedata
from types import TracebackType
from typing import Self

from marquee_subgraphs.kit.ids import is_id
from marquee_subgraphs.kit.refusals import InvalidInput, InvalidInputs

_EMAIL = re.compile(
    r"[^@\s\"(),:;<>\[\\\]]{1,64}"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
)
_LANGUAGE_TAG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
# Overrides of the text direction and the byte-order mark make one text look like another.
_TEXT_DIRECTION = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
_IDEMPOTENCY_KEY = re.compile(r"[!-~]{8,128}")


def normalize_email(text: str) -> str:
    """Return the form in which emails are compared: NFKC, without outer blanks, in lower case."""
    return unicodedata.normalize("NFKC", text).strip().lower()


def is_phone_number(text: str) -> bool:
    """Return True if this is a phone number in E.164, as +51987654321."""
    return _E164.fullmatch(text) is not None


class InputCheck:
    """Collects the problems of one input; leaving the `with` block raises `InvalidInputs` when there are any.

    Each rule returns the value cleaned, or an empty one when it is refused, so that checking can go on. Paths
    begin with `input`, as the client wrote them: `check.text("name", value)` reports `["input", "name"]`.
    """

    __slots__ = ("_problems", "_root")

    def __init__(self, *root: str) -> None:
        self._root = root or ("input",)
        self._problems: list[InvalidInput] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.refuse_if_any()

    def refuse_if_any(self) -> None:
        """Raise `InvalidInputs` if there is a problem so far."""
        if self._problems:
            raise InvalidInputs(self._problems)

    def problem(self, field: str, message: str) -> None:
        """Add a problem of `field`; dots make a deeper path: `rows.0.label`."""
        self._problems.append(InvalidInput(message, [*self._root, *field.split(".")]))

    def text(
        self, field: str, value: str, *, least: int = 1, most: int = 200, multiline: bool = False
    ) -> str:
        """Return text for people: NFC, without outer blanks, `least` to `most` characters, no control
        characters.
        """
        # Cut before normalising: a text of a megabyte must not be normalised only to be refused.
        cleaned = unicodedata.normalize("NFC", value[: most * 4 + 1]).strip()
        if len(cleaned) < least:
            self.problem(field, "must not be empty" if least == 1 else f"needs at least {least} characters")
        elif len(cleaned) > most:
            self.problem(field, f"must have at most {most} characters")
        elif not _is_printable(cleaned, multiline):
            self.problem(field, "must not contain control characters")
        else:
            return cleaned
        return ""

    def optional_text(
        self, field: str, value: str | None, *, most: int = 200, multiline: bool = False
    ) -> str | None:
        """Return as `text` does, but None for None and blank text."""
        if value is None or not value.strip():
            return None
        return self.text(field, value, most=most, multiline=multiline)

    def email(self, field: str, value: str) -> str:
        """Return an email address in the form in which it is compared."""
        email = normalize_email(value[:400])
        if len(email) > 254 or not _EMAIL.fullmatch(email) or not _is_printable(email, multiline=False):
            self.problem(field, "is not a valid email address")
            return ""
        return email

    def phone(self, field: str, value: str) -> str:
        """Return a phone number in E.164, without the blanks, hyphens, dots and brackets people write."""
        number = re.sub(r"[\s().-]", "", value[:40])
        if not is_phone_number(number):
            self.problem(field, "is a number with its country, as +51987654321")
            return ""
        return number

    def language(self, field: str, value: str) -> str:
        """Return a language tag (BCP 47), such as `es`, `en-GB`, or `zxx` for a film without speech."""
        if len(value) > 35 or not _LANGUAGE_TAG.fullmatch(value):
            self.problem(field, "is a language tag, such as es, en-GB or zxx for none")
            return ""
        return value

    def identifier(self, field: str, value: str, kind: str) -> str:
        """Return an identifier of `kind`; a malformed one is refused before any store is asked."""
        if not is_id(value, kind):
            self.problem(field, "is not a valid id")
            return ""
        return value

    def integer(self, field: str, value: int, *, least: int, most: int) -> int:
        """Return a whole number from `least` to `most`."""
        if not least <= value <= most:
            self.problem(field, f"must be between {least} and {most}")
            return least
        return value

    def count(self, field: str, values: list[str], *, least: int = 1, most: int = 100) -> list[str]:
        """Return a list of `least` to `most` members without duplicates, in its order."""
        if not least <= len(values) <= most:
            self.problem(field, f"needs between {least} and {most} entries")
            return []
        if len(set(values)) != len(values):
            self.problem(field, "must not name the same thing twice")
            return []
        return values

    def idempotency_key(self, value: str, field: str = "idempotencyKey") -> str:
        """Return a key of 8 to 128 visible ASCII characters, which the client makes once for each intent."""
        if not _IDEMPOTENCY_KEY.fullmatch(value):
            self.problem(field, "needs 8 to 128 visible ASCII characters")
            return ""
        return value


def _is_printable(text: str, multiline: bool) -> bool:
    for character in text:
        if multiline and character in "\n\t":
            continue
        category = unicodedata.category(character)
        # Cc control, Cs lone surrogate, Co private use, Cn unassigned; Cf hides text, but joins emoji and
        # scripts.
        if category in {"Cc", "Cs", "Cn", "Co", "Zl", "Zp"} or character in _TEXT_DIRECTION:
            return False
    return True
