"""Opaque identifiers: a kind prefix and a ULID, as `usr_01HV5K...`. Sorted by time of making, so they index
well.

Clients must treat them as opaque; nothing here reads meaning out of one but its kind.
"""

from __future__ import annotations

import re
import secrets
from datetime import datetime

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PATTERN = re.compile(r"[a-z]{2,6}_[0-7][0-9A-HJKMNP-TV-Z]{25}")


def new_ulid(now: datetime) -> str:
    """Make a ULID: 48 bits of milliseconds since the epoch, 80 of randomness, in Crockford's base 32."""
    value = int(now.timestamp() * 1000) << 80 | secrets.randbits(80)
    return "".join([_ALPHABET[value >> shift & 31] for shift in range(125, -1, -5)])


def new_id(kind: str, now: datetime) -> str:
    """Make an identifier of `kind`, as `usr`, `ord`, `tkt`."""
    return f"{kind}_{new_ulid(now)}"


def is_id(text: str, kind: str) -> bool:
    """Tell whether `text` has the form of an identifier of `kind`; says nothing of whether the thing
    exists.
    """
    return text.startswith(f"{kind}_") and _PATTERN.fullmatch(text) is not None
