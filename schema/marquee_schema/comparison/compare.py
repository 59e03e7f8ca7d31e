"""The comparison of two supergraphs: what clients see, what they must have, and which subgraphs answer."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import BreakingChange, DangerousChange, find_schema_changes

from marquee_schema.comparison.access import access_changes
from marquee_schema.comparison.change import Change, ChangeLevel
from marquee_schema.comparison.deprecation import deprecation_changes
from marquee_schema.comparison.ownership import ownership_changes
from marquee_schema.supergraph import Supergraph, load_supergraph

_ORDER = tuple(ChangeLevel)
_UNUSED_SCALAR = "Standard scalar "
"""The start of a message about a built-in scalar that is no longer used, a change that breaks no client."""


def compare(old: str, new: str) -> list[Change]:
    """Every change from the supergraph SDL `old` to `new`, breaking ones first.

    Raises `SupergraphError` when one of them is not a supergraph.
    """
    before, after = load_supergraph(old), load_supergraph(new)
    changes = {
        **dict.fromkeys(_schema_changes(before, after)),
        **dict.fromkeys(access_changes(before, after)),
        **dict.fromkeys(deprecation_changes(before.api_schema, after.api_schema)),
        **dict.fromkeys(ownership_changes(before, after)),
    }
    return sorted(changes, key=lambda change: (_ORDER.index(change.level), change.code, change.message))


def _schema_changes(before: Supergraph, after: Supergraph) -> Iterator[Change]:
    for change in find_schema_changes(before.api_schema, after.api_schema):
        if change.description.startswith(_UNUSED_SCALAR):
            continue
        if isinstance(change, BreakingChange):
            level = ChangeLevel.BREAKING
        elif isinstance(change, DangerousChange):
            level = ChangeLevel.DANGEROUS
        else:
            level = ChangeLevel.SAFE
        yield Change(level, change.type.name, change.description)
