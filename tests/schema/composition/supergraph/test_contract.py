"""Contracts: what some clients see of a supergraph, chosen by tag."""

from __future__ import annotations

import pytest

from marquee_schema.composition import Composition, CompositionError, Contract, Subgraph, compose
from marquee_schema.supergraph import load_supergraph
from tests.schema.composition.small_graphs import link

SHOP = """
type Query {
  me: User @tag(name: "public")
  audit: Audit @tag(name: "internal")
  things(first: Int, trace: String @tag(name: "internal")): [Thing] @tag(name: "public")
  found: Found @tag(name: "public")
}
type User @key(fields: "id") @tag(name: "public") { id: ID! email: String @tag(name: "internal") }
type Audit @tag(name: "internal") { at: Moment }
scalar Moment
interface Thing @tag(name: "public") { id: ID! }
type Book implements Thing @tag(name: "public") { id: ID! kind: Kind }
enum Kind { NOVEL DRAFT @tag(name: "internal") }
union Found @tag(name: "public") = Book | User
input Unused { a: Int }
"""
SCORES = 'type User @key(fields: "id") { id: ID! score: Int }'


def shop(contract: Contract | None, shop: str = SHOP) -> Composition:
    subgraphs = {"shop": shop, "scores": SCORES}
    return compose(
        [Subgraph(name=name, url=f"http://{name}", sdl=link() + sdl) for name, sdl in subgraphs.items()],
        contract=contract,
    )


def contract(include: str = "", exclude: str = "", *, hide_unreachable: bool = False) -> Contract:
    return Contract(frozenset(include.split()), frozenset(exclude.split()), hide_unreachable)


def seen(composition: Composition) -> set[str]:
    """The coordinates of the API schema."""
    api = load_supergraph(composition.supergraph_sdl).api_schema
    found: set[str] = set()
    for name, candidate in api.type_map.items():
        if not name.startswith("__"):
            found.add(name)
            for child in (*getattr(candidate, "fields", ()), *getattr(candidate, "values", ())):
                found.add(f"{name}.{child}")
    return found


def test_without_a_contract_everything_is_seen_and_nothing_is_linked_for_it() -> None:
    whole = shop(None)
    assert {"Query.audit", "User.email", "Kind.DRAFT", "Unused.a"} <= seen(whole)
    assert "inaccessible" not in whole.supergraph_sdl


def test_what_has_an_excluded_tag_is_hidden_and_the_rest_stays() -> None:
    public = shop(contract(exclude="internal"))
    hidden = {"Query.audit", "Audit", "Audit.at", "User.email", "Kind.DRAFT"}
    assert seen(shop(None)) - seen(public) == hidden
    assert "trace" not in public.api_sdl


def test_with_included_tags_only_tagged_fields_and_those_of_tagged_types_are_seen() -> None:
    shown = seen(shop(contract(include="public")))
    assert {"Query.me", "Query.things", "Query.found", "User.id", "User.score", "Book.kind", "Found"} <= shown
    assert "Query.audit" not in shown
    assert "Audit" not in shown, "a type of which no field is left goes"
    assert "Unused" in shown, "input types are left out by exclusion only"


def test_exclusion_wins_over_inclusion() -> None:
    assert "User.email" not in seen(shop(contract(include="public", exclude="internal")))


def test_unreachable_types_can_be_hidden_too() -> None:
    shown = seen(shop(contract(exclude="internal", hide_unreachable=True)))
    assert "Unused" not in shown
    assert "Moment" not in shown
    assert {"Book", "Thing", "Kind.NOVEL", "Found"} <= shown


def test_the_hidden_part_still_serves_the_router() -> None:
    supergraph = load_supergraph(shop(contract(exclude="internal")).supergraph_sdl)
    email = supergraph.types["User"].fields["email"]
    assert email.inaccessible
    assert set(email.subgraphs) == {"shop"}


def test_a_contract_that_leaves_a_hole_says_which() -> None:
    broken = SHOP.replace('audit: Audit @tag(name: "internal")', "audit: Audit")
    with pytest.raises(CompositionError) as refused:
        shop(contract(exclude="internal"), broken)
    (problem,) = refused.value.errors
    assert problem.code == "REFERENCED_INACCESSIBLE"
    assert "Query.audit" in problem.message
    assert {place.subgraph for place in problem.locations} == {"shop"}


def test_a_tag_that_nothing_has_leaves_no_query() -> None:
    with pytest.raises(CompositionError) as refused:
        shop(contract(include="nobody"))
    assert {problem.code for problem in refused.value.errors} == {"QUERY_ROOT_TYPE_INACCESSIBLE"}


def test_a_directive_of_ones_own_named_inaccessible_is_no_obstacle() -> None:
    own = "directive @inaccessible(why: String) on FIELD_DEFINITION\n" + SHOP.replace(
        "score", 'score @inaccessible(why: "x")'
    )
    composition = compose(
        [
            Subgraph(
                name="shop",
                url="http://shop",
                sdl='extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",'
                f' import: ["@key", "@tag"])\n{own}',
            )
        ],
        contract=contract(exclude="internal"),
    )
    assert "User.email" not in seen(composition)
