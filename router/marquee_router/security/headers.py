"""The headers of subgraph requests: client headers that are propagated, and those that describe the client.

Owns the rules of router.yaml. Must never send on what belongs to one connection, nor a header that the router
itself vouches for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from marquee_router.config.model import ClientHeaders, HeaderRules

MAX_DEVICE_CHARACTERS = 200

HOP_BY_HOP = frozenset(
    {
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "host",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


class HeaderPropagation:
    """Chooses the client headers that subgraphs receive."""

    def __init__(self, rules: HeaderRules, *, reserved: Collection[str] = ()) -> None:
        """`reserved` are the headers that the router writes itself: those of a client are never
        propagated."""
        # Hop-by-hop headers belong to one connection: a propagated `content-length` would break the next
        # request.
        refused = HOP_BY_HOP | {name.lower() for name in reserved}
        self._names = tuple(name.lower() for name in rules.propagate if name.lower() not in refused)
        self._inserted = {name.lower(): value for name, value in rules.insert.items()}

    def of(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return the headers for subgraphs as a new mapping; names are in lower case on both sides."""
        chosen = dict(self._inserted)
        for name in self._names:
            value = headers.get(name)
            if value is not None:
                chosen[name] = value
        return chosen


class ClientDescription:
    """Describes the client of a mutation to subgraphs: its IP address and its `User-Agent`."""

    def __init__(self, settings: ClientHeaders) -> None:
        self._address = settings.address.lower() if settings.address else None
        self._device = settings.device.lower() if settings.device else None
        self.names = tuple(name for name in (self._address, self._device) if name is not None)

    def of(self, address: str | None, headers: Mapping[str, str]) -> dict[str, str]:
        """Return the headers to send, names in lower case; without what is unknown."""
        found: dict[str, str] = {}
        if self._address is not None and address:
            found[self._address] = _printable(address)
        device = _printable(headers.get("user-agent", ""))
        if self._device is not None and device:
            found[self._device] = device
        return found


def _printable(text: str) -> str:
    # A client chooses its `User-Agent`: a line break in it would add a header to the subgraph request.
    return "".join([c for c in text if " " <= c <= "~"])[:MAX_DEVICE_CHARACTERS].strip()
