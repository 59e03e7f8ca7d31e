"""Federation 1 subgraphs as Federation 2 ones: what was implicit becomes explicit, what had no effect is
taken out."""

from marquee_schema.composition.upgrade.upgrader import upgrade_subgraphs

__all__ = ["upgrade_subgraphs"]
