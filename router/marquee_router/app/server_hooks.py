"""What the server that runs an app may set on it before it serves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(slots=True)
class ServerHooks:
    """Set by `marquee_router.serving`; under any other server nothing is set."""

    combine_metrics: Callable[[bytes], Awaitable[bytes]] | None = None
    """Returns the page of all processes that share the port, given the page of this one."""
    after_retirement: Callable[[], None] = lambda: None
    """Called when the last operation on a replaced supergraph has ended and its resources are closed."""

    async def metrics_page(self, own: bytes) -> bytes:
        """The page that `/metrics` shows, from this process's own."""
        return own if self.combine_metrics is None else await self.combine_metrics(own)
