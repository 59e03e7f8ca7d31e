"""Changes of what a client must have to read a field: ACCESS_RESTRICTED, ACCESS_RELAXED and
ACCESS_CHANGED."""

from __future__ import annotations

from collections.abc import Iterator

from marquee_schema.comparison.change import Change, ChangeLevel
from marquee_schema.supergraph import Authorization, Supergraph


def access_changes(before: Supergraph, after: Supergraph) -> Iterator[Change]:
    """The changes on types and fields that clients see in both supergraphs."""
    for name, old in before.types.items():
        new = after.types.get(name)
        if new is None or old.inaccessible or new.inaccessible:
            continue
        yield from _change(name, old.authorization, new.authorization)
        for field_name, old_field in old.fields.items():
            new_field = new.fields.get(field_name)
            if new_field is not None and not (old_field.inaccessible or new_field.inaccessible):
                coordinate = f"{name}.{field_name}"
                yield from _change(coordinate, old_field.authorization, new_field.authorization)


def _change(coordinate: str, old: Authorization, new: Authorization) -> Iterator[Change]:
    if old == new:
        return
    asks_more, asks_less = not _admits_all_of(new, old), not _admits_all_of(old, new)
    if asks_more and not asks_less:
        level, code = ChangeLevel.BREAKING, "ACCESS_RESTRICTED"
    elif asks_less and not asks_more:
        level, code = ChangeLevel.SAFE, "ACCESS_RELAXED"
    elif asks_more:
        level, code = ChangeLevel.BREAKING, "ACCESS_CHANGED"
    else:
        return
    yield Change(level, code, f"{coordinate} required {_described(old)} and now requires {_described(new)}.")


def _admits_all_of(one: Authorization, other: Authorization) -> bool:
    """True if every client that satisfies `other` satisfies `one`."""
    needs_no_more = not one.authenticated or bool(other)
    return needs_no_more and _weaker(one.scopes, other.scopes) and _weaker(one.policies, other.policies)


def _weaker(one: tuple[frozenset[str], ...], other: tuple[frozenset[str], ...]) -> bool:
    """True if every alternative of `other` contains some alternative of `one`."""
    if not one:
        return True
    return bool(other) and all(any(each <= alternative for each in one) for alternative in other)


def _described(authorization: Authorization) -> str:
    parts = ["a signed-in client"] if authorization.authenticated else []
    for what, alternatives in (("scopes", authorization.scopes), ("policies", authorization.policies)):
        if alternatives:
            parts.append(f"the {what} " + " or ".join("+".join(sorted(each)) for each in alternatives))
    return " and ".join(parts) or "nothing"
