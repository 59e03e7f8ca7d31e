"""Which client headers reach the subgraphs.

Owns the rules of router.yaml. Must never send on what belongs to one connection, nor a header that the router
itself vouches for.
"""

from __future__ import annotations

from collections.abc import Mapping

from router.config.model import HeaderRules

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
    """The headers each subgraph request of one client request carries."""

    def __init__(self, rules: HeaderRules, *, reserved: str | None = None) -> None:
        """`reserved` names the header of the signed identity: a client's own is never sent on."""
        refused = HOP_BY_HOP | ({reserved.lower()} if reserved else set())
        self._names = tuple(name.lower() for name in rules.propagate if name.lower() not in refused)
        self._inserted = {name.lower(): value for name, value in rules.insert.items()}

    def of(self, headers: Mapping[str, str]) -> dict[str, str]:
        """A new mapping, names in lower case."""
        chosen = dict(self._inserted)
        for name in self._names:
            value = headers.get(name)
            if value is not None:
                chosen[name] = value
        return chosen
