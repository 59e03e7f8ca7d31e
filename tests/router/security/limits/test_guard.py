"""What no operation may exceed, and that measuring it is cheap whatever is sent."""

from __future__ import annotations

import pytest
from graphql import build_schema, get_introspection_query, parse

from marquee_router.config.model import Limits
from marquee_router.errors import LimitExceeded, RequestError
from marquee_router.request import RequestContext
from marquee_router.security.limits import LimitsGuard
from marquee_router.security.limits.text_size import check_text
from marquee_schema.composition import Subgraph, compose
from marquee_schema.supergraph import load_supergraph

SDL = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@cost", "@listSize",
"@shareable"])
type Query {
  me: Person
  people(first: Int = 5): [Person!]! @listSize(slicingArguments: ["first"], requireOneSlicingArgument: false)
  feed(first: Int!): Feed! @listSize(slicingArguments: ["first"], sizedFields: ["items"])
  fixed: [Person!]! @listSize(assumedSize: 3)
  plain: [Person!]!
  search(text: String @cost(weight: 7)): Int @cost(weight: 20)
}
type Mutation { rename: Person }
type Feed { items: [Person!]! total: Int! }
type Person { name: String friend: Person friends: [Person!]! photo: Photo }
type Photo @cost(weight: 5) { url: String }
"""
SUPERGRAPH = load_supergraph(compose([Subgraph(name="a", url="http://a.test", sdl=SDL)]).supergraph_sdl)
SCHEMA = build_schema("type Query { a: Int }")


def guard(*, introspection: bool = True, **limits: int) -> LimitsGuard:
    """A guard with these limits."""
    return LimitsGuard(Limits.model_validate(limits), SUPERGRAPH, introspection=introspection)


def limit_of(text: str, **limits: int) -> str:
    """The limit that refuses the document."""
    checker = LimitsGuard(Limits.model_validate(limits), SUPERGRAPH, introspection=True)

    def check() -> None:
        checker.check_text(text)
        checker.check_document(parse(text))
        checker.check_operation(parse(text), None, SCHEMA)

    with pytest.raises(LimitExceeded) as caught:
        check()
    return str(caught.value.errors[0]["extensions"]["limit"])


@pytest.mark.parametrize(
    ("text", "limits", "limit"),
    [
        ("{ me { friend { name } } }", {"max_depth": 2}, "max_depth"),
        ("{ me { ...F } } fragment F on Person { friend { name } }", {"max_depth": 2}, "max_depth"),
        ("{ a: me { b: name } c: me { name } }", {"max_aliases": 2}, "max_aliases"),
        ("{ me { name } x: me { name } }", {"max_root_fields": 1}, "max_root_fields"),
        ("{ me { name @skip(if: false) @include(if: true) } }", {"max_directives": 1}, "max_directives"),
        ("query ($v: Int @a @b) { me { name } }", {"max_directives": 1}, "max_directives"),
        ("{ me { name friend { name } } }", {"max_fields": 3}, "max_fields"),
        ("{ people { name } }", {"max_cost": 4}, "max_cost"),
        ("{" + " me { name }" * 400 + "}", {}, "repeated_fields"),
        ("{ me { name } }" + "query A { me { name } }" * 60, {}, "operations"),
        ("{ me { name } }" + "fragment F on Person { name }" * 301, {}, "fragments"),
    ],
)
def test_what_is_over_a_limit_is_refused_by_its_name(text: str, limits: dict[str, int], limit: str) -> None:
    assert limit_of(text, **limits) == limit


@pytest.mark.parametrize(
    "text",
    [
        "{ me { friend { name } } }",
        "{" + " __typename" * 5000 + "}",
        "{ me {" + " name" * 3000 + "} }",
        "query IntrospectionQuery { __schema { types { fields { type { ofType { name } } } } } }",
        "{ search(text: " + '"' + "{[(" * 500 + '"' + ") }",
    ],
)
def test_what_is_within_the_limits_passes(text: str) -> None:
    checker = guard()
    checker.check_text(text)
    checker.check_document(parse(text))
    assert checker.check_operation(parse(text), None, SCHEMA) is None


def test_colons_of_arguments_and_strings_are_no_aliases() -> None:
    arguments = " ".join(f'x{n}: search(text: "a: b: c")' for n in range(3))
    text = "query ($a: Int = 1 @x(b: 1, c: 2), $b: [Int!] = [1]) {" + arguments + "}"
    check_text(text, Limits(max_aliases=3))
    with pytest.raises(LimitExceeded):
        check_text(text, Limits(max_aliases=2))


def test_fragments_that_multiply_are_measured_without_being_expanded() -> None:
    fragments = [
        f"fragment F{n} on Person {{ a: friend {{ ...F{n + 1} }} b: friend {{ ...F{n + 1} }} }}"
        for n in range(40)
    ]
    text = "{ me { ...F0 } } " + " ".join(fragments) + " fragment F40 on Person { name }"
    assert limit_of(text, max_aliases=10**15) == "max_fields"


def test_fragments_that_spread_themselves_are_left_to_validation() -> None:
    text = "{ me { ...A } } fragment A on Person { friend { ...B } } fragment B on Person { friend { ...A } }"
    guard().check_document(parse(text))


@pytest.mark.parametrize(
    "text",
    [
        "{me" * 20_000 + "}" * 20_000,
        "{me" * 3_000,
        "{search(text:" + "[" * 3_000,
        "{" * 1_000_000,
        "{search(text:" + "{a:" * 2_000,
    ],
)
def test_deep_nesting_is_refused_before_it_is_parsed(text: str) -> None:
    with pytest.raises(LimitExceeded):
        check_text(text, Limits())


@pytest.mark.parametrize(
    "text", ['"\\' * 300_000, '"""' * 200_000, "#{" * 300_000, '"{{" ' * 200_000, '"""{\\"""{']
)
def test_strings_and_comments_are_no_structure(text: str) -> None:
    check_text(text, Limits())


def test_introspection_can_be_switched_off() -> None:
    checker = guard(introspection=False)
    for text in (
        "{ __schema { queryType { name } } }",
        '{ ...F } fragment F on Query { __type(name: "A") { name } }',
    ):
        with pytest.raises(RequestError) as caught:
            checker.check_document(parse(text))
        assert caught.value.code == "INTROSPECTION_DISABLED"
    checker.check_document(parse("{ __typename me { __typename } }"))


TOOLS = get_introspection_query(input_value_deprecation=True, specified_by_url=True)


@pytest.mark.parametrize("text", [TOOLS, "{ __schema { types { name } } }", '{ __type(name: "A") { name } }'])
def test_what_tools_ask_of_the_schema_is_answered(text: str) -> None:
    guard().check_operation(parse(text), None, SCHEMA)


@pytest.mark.parametrize(
    "text",
    [
        "{ " + " ".join(f"a{n}: __schema {{ ...F }}" for n in range(300)) + " }"
        " fragment F on __Schema { types { fields { args { type { ofType { name } } } } } }",
        "{ __schema { " + " ".join(f"a{n}: types {{ ...F }}" for n in range(300)) + " } }"
        " fragment F on __Type { fields { args { type { ofType { name } } } } }",
        "{ __schema { types { " + "fields { type { " * 8 + "name" + " } }" * 8 + " } } }",
    ],
)
def test_the_schema_is_told_a_few_times_and_not_hundreds(text: str) -> None:
    with pytest.raises(LimitExceeded) as caught:
        guard().check_operation(parse(text), None, SCHEMA)
    assert caught.value.errors[0]["extensions"]["limit"] == "introspection"


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        ("{ me { name } }", 1),
        ("{ me { friend { name } photo { url } } }", 1 + 1 + 5),
        ("{ people { name } }", 5),
        ("{ people(first: 3) { friend { name } } }", 3 * 2),
        ("{ plain { name } }", 10),
        ("{ fixed { friends { name } } }", 3 * (1 + 10)),
        ("{ feed(first: 4) { total items { friend { name } } } }", 1 + 4 * 2),
        ('{ search(text: "x") }', 27),
        ("{ search }", 20),
        ("mutation { rename { name } }", 11),
        ("{ ...F } fragment F on Query { me { ... on Person { photo { url } } } }", 6),
        ("{ __schema { types { name } } }", 0),
    ],
)
def test_the_cost_is_estimated_by_the_schema(text: str, cost: int) -> None:
    assert guard().estimate(parse(text), {}) == cost


def test_a_cost_that_depends_on_variables_is_checked_per_request() -> None:
    checker = guard(max_cost=50)
    document = parse("query ($n: Int) { people(first: $n) { name } me { name } }")
    check = checker.check_operation(document, None, SCHEMA)
    assert check is not None
    check({"n": 49}, RequestContext({}))
    with pytest.raises(LimitExceeded):
        check({"n": 50}, RequestContext({}))
