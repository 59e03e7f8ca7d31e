"""What of the settings may change while a router runs; everything else waits for its next start."""

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
"""Sections that a new generation of the engine reads, and no other part."""


def reloaded(old: RouterConfig, new: RouterConfig) -> tuple[RouterConfig, list[str]]:
    """The old settings with the reloadable sections of the new ones, and the names of those left as they
    were though they changed."""
    changes = {name: getattr(new, name) for name in RELOADABLE}
    waiting = [
        name
        for name in RouterConfig.model_fields
        if name not in RELOADABLE and getattr(new, name) != getattr(old, name)
    ]
    return old.model_copy(update=changes), waiting
