"""What changed between two supergraphs, by the level at which it matters."""

from __future__ import annotations

import pytest

from marquee_schema.comparison import Change, ChangeLevel, compare
from marquee_schema.supergraph import SupergraphError
from tests.schema.composition.small_graphs import composed

USERS = """
type Query { me: User users(first: Int): [User!]! }
type User @key(fields: "id") { id: ID! name: String! age: Int role: Role mail: String @authenticated }
enum Role { ADMIN CUSTOMER }
"""
REVIEWS = 'type User @key(fields: "id") { id: ID! reviews: [String] }'


def changes(old: str, new: str, *, users: str = USERS, reviews: str = REVIEWS) -> list[Change]:
    """The changes when `old` becomes `new` in a subgraph."""
    before = composed(users=users, reviews=reviews)
    assert old in users + reviews
    after = composed(users=users.replace(old, new), reviews=reviews.replace(old, new))
    return compare(before.supergraph_sdl, after.supergraph_sdl)


@pytest.mark.parametrize(
    ("old", "new", "level", "code"),
    [
        ("age: Int ", "", ChangeLevel.BREAKING, "FIELD_REMOVED"),
        ("name: String!", "name: String", ChangeLevel.BREAKING, "FIELD_CHANGED_KIND"),
        ("users(first: Int)", "users(first: Int!)", ChangeLevel.BREAKING, "ARG_CHANGED_KIND"),
        ("ADMIN CUSTOMER", "ADMIN", ChangeLevel.BREAKING, "VALUE_REMOVED_FROM_ENUM"),
        ("age: Int", "age: Int @authenticated", ChangeLevel.BREAKING, "ACCESS_RESTRICTED"),
        (
            "mail: String @authenticated",
            'mail: String @requiresScopes(scopes: [["mail"]])',
            ChangeLevel.BREAKING,
            "ACCESS_RESTRICTED",
        ),
        ("ADMIN CUSTOMER", "ADMIN CUSTOMER GUEST", ChangeLevel.DANGEROUS, "VALUE_ADDED_TO_ENUM"),
        ("age: Int", "age: Int size: Int", ChangeLevel.SAFE, "FIELD_ADDED"),
        ("mail: String @authenticated", "mail: String", ChangeLevel.SAFE, "ACCESS_RELAXED"),
        ("age: Int", 'age: Int @deprecated(reason: "ask not")', ChangeLevel.SAFE, "DEPRECATED"),
    ],
)
def test_a_change_has_its_level_and_code(old: str, new: str, level: ChangeLevel, code: str) -> None:
    (change,) = changes(old, new)
    assert (change.level, change.code) == (level, code)


def test_equal_supergraphs_have_no_changes() -> None:
    assert changes("age: Int", "age: Int") == []


def test_a_standard_scalar_that_nobody_uses_any_more_breaks_nobody() -> None:
    found = changes("users(first: Int)", "users", users=USERS.replace("age: Int ", ""))
    assert {change.code for change in found} == {"ARG_REMOVED"}


def test_scopes_that_admit_others_than_before_break() -> None:
    scoped = USERS.replace("age: Int", 'age: Int @requiresScopes(scopes: [["a"]])')
    (change,) = changes('[["a"]]', '[["b"]]', users=scoped)
    assert (change.level, change.code) == (ChangeLevel.BREAKING, "ACCESS_CHANGED")
    assert "the scopes a" in change.message
    assert "the scopes b" in change.message
    (wider,) = changes('[["a"]]', '[["a"], ["b"]]', users=scoped)
    assert wider.code == "ACCESS_RELAXED"


def test_a_field_that_moves_between_subgraphs_is_seen_by_nobody() -> None:
    before = composed(users=USERS, reviews=REVIEWS)
    after = composed(
        users=USERS.replace("age: Int ", ""), reviews=REVIEWS.replace("reviews", "age: Int reviews")
    )
    (change,) = compare(before.supergraph_sdl, after.supergraph_sdl)
    assert (change.level, change.code) == (ChangeLevel.INTERNAL, "FIELD_MOVED")
    assert "users" in change.message
    assert "reviews" in change.message


def test_subgraphs_that_come_and_go_are_named() -> None:
    before = composed(users=USERS, reviews=REVIEWS)
    after = composed(users=USERS, opinions=REVIEWS)
    codes = {change.code for change in compare(before.supergraph_sdl, after.supergraph_sdl)}
    assert codes == {"SUBGRAPH_ADDED", "SUBGRAPH_REMOVED", "FIELD_MOVED"}


def test_what_is_no_supergraph_is_refused() -> None:
    with pytest.raises(SupergraphError):
        compare("type Query { a: Int }", "type Query { a: Int }")
