"""`Revocations`: who knows of tokens that were withdrawn before their end. Must never let another in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Revocations(Protocol):
    """What the issuer of tokens, or whoever hears of it, tells the router.

    Where nobody tells it, a signed token is good until it expires; so issuers make them short.
    """

    def is_revoked(self, claims: Mapping[str, Any]) -> bool:
        """Whether the token with these claims, whose signature was checked, was withdrawn.

        Asked for each request, so it must answer from memory; it may forget a token once that has expired.
        """
        ...
