"""Opaque identifiers: a prefix for the kind and a ULID, as `usr_01HV5K...`. They sort by time of creation, so
they index well.

Clients must treat them as opaque; nothing here reads more out of one than its kind.
"""

from __future__ import annotations

import re
import secrets
from datetime import datetime

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PATTERN = re.compile(r"[a-z]{2,6}_[0-7][0-9A-HJKMNP-TV-Z]{25}")


def new_ulid(now: datetime) -> str:
    """Return a ULID: 48 bits of milliseconds since the epoch and 80 random bits, in Crockford's base 32."""
    value = int(now.timestamp() * 1000) << 80 | secrets.randbits(80)
    return "".join([_ALPHABET[value >> shift & 31] for shift in range(125, -1, -5)])


def new_id(kind: str, now: datetime) -> str:
    """Return a new identifier of `kind`, such as `usr`, `ord`, `tkt`."""
    return f"{kind}_{new_ulid(now)}"


def is_id(text: str, kind: str) -> bool:
    """Return True if `text` has the form of an identifier of `kind`. The thing itself need not exist."""
    return text.startswith(f"{kind}_") and _PATTERN.fullmatch(text) is not None
