"""`docs/guides/from-the-seed.md` names operations that exist, and leaves no mutation out."""

from __future__ import annotations

import re

from graphql import GraphQLInterfaceType, GraphQLObjectType, build_schema

from marquee.resources import CHECKOUT

API = build_schema((CHECKOUT / "schema" / "api.graphql").read_text(encoding="utf-8"))
GUIDE = (CHECKOUT / "docs" / "guides" / "from-the-seed.md").read_text(encoding="utf-8")


def named() -> set[tuple[str, str]]:
    """Every `Type.field` of the tables."""
    rows = "\n".join(line for line in GUIDE.splitlines() if line.startswith("|"))
    return set(re.findall(r"`([A-Z]\w+)\.(\w+)`", rows))


def test_the_operations_of_the_guide_are_in_the_schema() -> None:
    unknown = []
    for type_name, field in sorted(named()):
        type_ = API.type_map.get(type_name)
        if not isinstance(type_, GraphQLObjectType | GraphQLInterfaceType) or field not in type_.fields:
            unknown.append(f"{type_name}.{field}")
    assert unknown == []
    assert len(named()) > 80


def test_no_mutation_query_or_subscription_is_left_out() -> None:
    roots = [API.query_type, API.mutation_type, API.subscription_type]
    there = {(root.name, field) for root in roots if root is not None for field in root.fields}
    assert sorted(there - named()) == []


def test_every_row_says_who() -> None:
    rows = [line for line in GUIDE.splitlines() if line.startswith("| ") and not line.startswith("| ---")]
    assert all(len(row.strip("|").split(" | ")) == 3 for row in rows), rows
