"""`Revocations`: who knows of tokens that were withdrawn before their end. Must never let another in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Revocations(Protocol):
    """What the issuer of tokens, or whoever hears of it, tells the router.

    Where nobody tells it, a signed token is good until it expires; so issuers make them short.
    """

    @property
    def changes(self) -> int:
        """Another number whenever tokens were withdrawn; what was begun with them is then ended."""
        ...

    def is_revoked(self, claims: Mapping[str, Any]) -> bool:
        """Whether the token with these claims, whose signature was checked, was withdrawn.

        Asked for each request, so it must answer from memory; it may forget a token once that has expired.
        """
        ...


class AnyRevocations:
    """What any of several knows."""

    def __init__(self, *several: Revocations) -> None:
        self._several = several

    @property
    def changes(self) -> int:
        """Of all of them."""
        return sum(each.changes for each in self._several)

    def is_revoked(self, claims: Mapping[str, Any]) -> bool:
        """Whether one of them says so."""
        return any(each.is_revoked(claims) for each in self._several)
