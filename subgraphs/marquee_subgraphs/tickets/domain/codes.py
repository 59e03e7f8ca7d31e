"""QR codes of tickets, tokens of holds and orders, order numbers: what is signed or random.

A QR code is `MQ1:<ticket>:<version>:<signature>`, all in the QR alphanumeric set so that the symbol stays
small. The signature covers the ticket, its showtime and the version; the showtime is looked up and is
not in the code. A token is computed from its hold or order and the key, so no store contains one, and a
repeated request gets the same token.
"""

from __future__ import annotations

import hmac
import re
import secrets
from base64 import b32encode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Final

_PREFIX: Final = "MQ1"
_CODE: Final = re.compile(r"MQ1:([0-7][0-9A-HJKMNP-TV-Z]{25}):([0-9]{1,9}):([A-Z2-7]{24})")
_TICKET_KIND: Final = "tkt_"
_NUMBER_ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class ScannedCode:
    """The content of a code whose signature is not checked yet."""

    ticket_id: str
    version: int
    signature: str


def _sign(key: bytes, ticket_id: str, showtime_id: str, version: int) -> str:
    # The showtime is signed though it is not in the code: a ticket of another showtime cannot be copied over.
    message = f"{_PREFIX}\n{ticket_id}\n{showtime_id}\n{version}".encode()
    return b32encode(hmac.digest(key, message, "sha256")[:15]).decode()


def make_code(key: bytes, ticket_id: str, showtime_id: str, version: int) -> str:
    """Return the signed text of a ticket's QR code."""
    ulid = ticket_id.removeprefix(_TICKET_KIND)
    return f"{_PREFIX}:{ulid}:{version}:{_sign(key, ticket_id, showtime_id, version)}"


def read_code(text: str) -> ScannedCode | None:
    """Return the content of a scanned text; None when it has not the form of our codes."""
    match = _CODE.fullmatch(text.strip().upper()) if len(text) <= 200 else None
    if match is None:
        return None
    return ScannedCode(_TICKET_KIND + match[1], int(match[2]), match[3])


def is_genuine(code: ScannedCode, key: bytes, showtime_id: str) -> bool:
    """True if the code was signed with `key` for this showtime."""
    return hmac.compare_digest(code.signature, _sign(key, code.ticket_id, showtime_id, code.version))


def make_token(key: bytes, identifier: str) -> str:
    """Return the token of a hold or a guest's order: `<id>.<signature>`."""
    return f"{identifier}.{_seal(key, identifier)}"


def read_token(key: bytes, token: str) -> str | None:
    """Return the id that a token is for; None when the token is not genuine."""
    identifier, _, seal = token.partition(".")
    if len(token) > 200 or not token.isascii() or not hmac.compare_digest(seal, _seal(key, identifier)):
        return None
    return identifier


def _seal(key: bytes, identifier: str) -> str:
    digest = hmac.digest(key, f"token\n{identifier}".encode(), "sha256")
    return urlsafe_b64encode(digest[:24]).decode()


def new_order_number() -> str:
    """Return a number that can be read aloud: `MQ-7K3F-92XD`, without 0, 1, I and O."""
    letters = "".join(secrets.choice(_NUMBER_ALPHABET) for _ in range(8))
    return f"MQ-{letters[:4]}-{letters[4:]}"
