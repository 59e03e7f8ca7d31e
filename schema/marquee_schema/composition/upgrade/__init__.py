"""The upgrade from Federation 1 to 2: makes explicit what was implicit, and removes what had no effect."""

from marquee_schema.composition.upgrade.upgrader import upgrade_subgraphs

__all__ = ["upgrade_subgraphs"]
