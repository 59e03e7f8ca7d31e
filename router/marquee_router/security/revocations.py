"""`Revocations`: the protocol of what knows the tokens that were revoked before they expire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Revocations(Protocol):
    """Knows revoked tokens. Without it a signed token is valid until it expires, so issuers keep them
    short."""

    @property
    def changes(self) -> int:
        """A number that changes with each revocation. The router then ends what runs with revoked tokens."""
        ...

    def is_revoked(self, claims: Mapping[str, Any]) -> bool:
        """Return True if the token with these claims, whose signature is verified, was revoked.

        It is called for each request, so it must answer from memory. It may forget a token that has expired.
        """
        ...


class AnyRevocations:
    """Several sources of revocations as one."""

    def __init__(self, *several: Revocations) -> None:
        self._several = several

    @property
    def changes(self) -> int:
        """The sum of theirs."""
        return sum(each.changes for each in self._several)

    def is_revoked(self, claims: Mapping[str, Any]) -> bool:
        """True if any of them knows the token as revoked."""
        return any(each.is_revoked(claims) for each in self._several)
