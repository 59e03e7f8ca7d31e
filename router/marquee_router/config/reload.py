"""Which settings may change while a router runs. The others take effect at its next start."""

from __future__ import annotations

from typing import Final

from marquee_router.config.model import RouterConfig

RELOADABLE: Final = frozenset(
    {
        "cache_control",
        "introspection",
        "limits",
        "logs",
        "mask_subgraph_errors",
        "override_labels",
        "subgraphs",
        "trusted_documents",
    }
)
"""Sections that only a generation reads, which a reload makes anew."""


def reloaded(old: RouterConfig, new: RouterConfig) -> tuple[RouterConfig, list[str]]:
    """Return the old settings with the reloadable sections of the new ones, and the names of the other
    sections that differ."""
    changes = {name: getattr(new, name) for name in RELOADABLE}
    waiting = [
        name
        for name in RouterConfig.model_fields
        if name not in RELOADABLE and getattr(new, name) != getattr(old, name)
    ]
    # Connections, limits and metrics outlive a reload: a change of their sections would not reach them.
    return old.model_copy(update=changes), waiting
