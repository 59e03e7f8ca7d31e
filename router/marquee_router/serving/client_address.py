"""Where a request comes from, as a trusted proxy reports it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from marquee_router.server_interface import ClientAddress


class ClientAddresses:
    """Reads `X-Forwarded-For` as uvicorn does for an ASGI app, for requests that have no ASGI scope."""

    def __init__(self, trusted: str | None) -> None:
        """`trusted` lists the addresses of proxies, separated by commas; None trusts no header."""
        self._proxies = None if trusted is None else _middleware(trusted)

    def of(
        self,
        peer: tuple[str, int] | None,
        lines: Sequence[tuple[bytes, bytes]],
        headers: Mapping[str, str],
    ) -> ClientAddress:
        """The client's address: the peer's, or the one that the peer reports if it is a trusted proxy.

        `lines` and `headers` are the same headers: as they were received, and decoded.
        """
        if self._proxies is not None:
            scope: Any = {"type": "http", "client": peer, "headers": lines}
            # The middleware changes the scope before it first awaits anything.
            with suppress(StopIteration):
                self._proxies(scope, _do_nothing, _do_nothing).send(None)
            peer = scope["client"]
        return ClientAddress.of(peer, headers)


@lru_cache(maxsize=8)
def _middleware(trusted: str) -> ProxyHeadersMiddleware:
    return ProxyHeadersMiddleware(_do_nothing, trusted)


async def _do_nothing(*_: Any) -> Any:
    """An app, and the two channels to it, that do nothing."""
