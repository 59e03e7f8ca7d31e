"""Changes of the subgraphs that answer: SUBGRAPH_ADDED, SUBGRAPH_REMOVED, SUBGRAPH_URL_CHANGED and
FIELD_MOVED."""

from __future__ import annotations

from collections.abc import Iterator

from marquee_schema.comparison.change import Change, ChangeLevel
from marquee_schema.supergraph import Field, Supergraph


def ownership_changes(before: Supergraph, after: Supergraph) -> Iterator[Change]:
    """The changes of subgraphs, and of the fields that both supergraphs have."""
    for name, subgraph in before.subgraphs.items():
        if name not in after.subgraphs:
            yield _internal("SUBGRAPH_REMOVED", f"Subgraph {name} was removed.")
        elif after.subgraphs[name].url != subgraph.url:
            message = f"Subgraph {name} moved from {subgraph.url} to {after.subgraphs[name].url}."
            yield _internal("SUBGRAPH_URL_CHANGED", message)
    for name in after.subgraphs:
        if name not in before.subgraphs:
            yield _internal("SUBGRAPH_ADDED", f"Subgraph {name} was added.")
    for name, old in before.types.items():
        new = after.types.get(name)
        for field_name, old_field in old.fields.items() if new is not None else ():
            new_field = new.fields.get(field_name) if new is not None else None
            if new_field is not None and (was := _answering(old_field)) != (now := _answering(new_field)):
                message = f"{name}.{field_name} was answered by {_named(was)} and now by {_named(now)}."
                yield _internal("FIELD_MOVED", message)


def _answering(field: Field) -> frozenset[str]:
    # An external declaration does not answer the field.
    return frozenset(name for name, declared in field.subgraphs.items() if not declared.external)


def _named(subgraphs: frozenset[str]) -> str:
    return ", ".join(sorted(subgraphs)) or "its interface's owner"


def _internal(code: str, message: str) -> Change:
    return Change(ChangeLevel.INTERNAL, code, message)
