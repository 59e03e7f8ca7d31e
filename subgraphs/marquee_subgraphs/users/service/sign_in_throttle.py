"""Slows down the guessing of passwords, and never locks out the owner of an account.

Counts failures by account and client address together, so a stranger elsewhere stops nobody. A known device
and a signed-in session are counted apart from everybody else. An unknown email is throttled like an account,
so being throttled does not reveal that an account exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.pace import Bucket, Pace

FAILURES_PER_CLIENT: Final = 10
"""Of one account: from one address, from one known device, or in one session."""
FAILURES_PER_ACCOUNT: Final = 100
"""From all unknown devices together: what a thief with many addresses may try."""
FAILURES_PER_ADDRESS: Final = 100
"""For all accounts together."""
WINDOW: Final = timedelta(minutes=15)
"""The time in which a full bucket empties."""
_NETWORK_OF_ONE_CLIENT: Final = 64
"""In bits. A host gets a whole /64 of IPv6, so counting each address would limit nothing."""


@dataclass(frozen=True, slots=True)
class Guesser:
    """Whose failures are counted. Success empties `own`; `shared` is filled by others as well, and stays."""

    own: Bucket
    shared: tuple[Bucket, ...] = ()

    @classmethod
    def unknown(cls, email: str, address: str | None) -> Guesser:
        """Return who signs in to an account from a device that it does not know."""
        network = _network(address)
        # The network goes first, because it holds no space: no email can imitate another account's bucket.
        own = Bucket(f"pair {network} {email}", FAILURES_PER_CLIENT, WINDOW)
        account = Bucket(f"account {email}", FAILURES_PER_ACCOUNT, WINDOW)
        if address is None:
            return cls(own, (account,))
        return cls(own, (account, Bucket(f"address {network}", FAILURES_PER_ADDRESS, WINDOW)))

    @classmethod
    def known(cls, device_hash: str) -> Guesser:
        """Return a device from which the account was signed in to before."""
        return cls(Bucket(f"device {device_hash}", FAILURES_PER_CLIENT, WINDOW))

    @classmethod
    def signed_in(cls, user_id: str, viewer: Viewer) -> Guesser:
        """Return who confirms a password within a session."""
        # A session and not the user: a thief of one session cannot stop the owner in another.
        return cls(Bucket(f"session {user_id} {viewer.session_id}", FAILURES_PER_CLIENT, WINDOW))


class SignInThrottle:
    """Refuses further attempts after too many failures within a window."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace

    async def check(self, guesser: Guesser, now: datetime) -> None:
        """Raise `RateLimited` when there were too many failures."""
        await self._pace.check([guesser.own, *guesser.shared], now)

    async def failed(self, guesser: Guesser, now: datetime) -> None:
        """Count a failure."""
        await self._pace.count([guesser.own, *guesser.shared], now)

    async def succeeded(self, guesser: Guesser) -> None:
        """Forget the guesser's own failures. The shared ones stay: a thief may own one account."""
        await self._pace.forget(guesser.own)


def _network(address: str | None) -> str:
    try:
        found = ip_address((address or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or found
    if isinstance(found, IPv6Address):
        return str(ip_network((found, _NETWORK_OF_ONE_CLIENT), strict=False))
    return str(found)
