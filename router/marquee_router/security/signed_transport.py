"""`SignedTransport`: signs the identity that a call carries, for the subgraph that is called.

It is the only place from which a signed identity leaves the router: an identity that misses it is unsigned,
and every subgraph refuses it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from marquee_router.execution.subgraph import SubgraphReply, SubgraphTransport
from marquee_router.security.identity import IdentitySigner


class SignedTransport:
    """Implements `SubgraphTransport`."""

    def __init__(self, name: str, inner: SubgraphTransport, signer: IdentitySigner) -> None:
        """`name` is that of the subgraph."""
        self._name = name
        self._inner = inner
        self._signer = signer
        self.aclose = inner.aclose

    async def fetch(
        self, body: bytes, headers: Mapping[str, str], timeout_seconds: float, *, idempotent: bool = False
    ) -> SubgraphReply:
        """Send one request with the signed identity."""
        return await self._inner.fetch(body, self._signed(headers), timeout_seconds, idempotent=idempotent)

    def subscribe(self, body: bytes, headers: Mapping[str, str]) -> AsyncIterator[bytes]:
        """Open a subscription with the signed identity."""
        return self._inner.subscribe(body, self._signed(headers))

    def _signed(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        header = self._signer.header
        described = headers.get(header)
        # What does not look like claims was written by an extension, which may replace the identity.
        if described is None or not described.startswith("{"):
            return headers
        return {**headers, header: self._signer.sign(described, self._name)}
