"""Whatever the input, `compose` answers or raises `CompositionError`."""

import random

import pytest

from marquee_schema.composition import (
    CompositionError,
    ErrorCode,
    Hint,
    HintCode,
    HintLevel,
    Subgraph,
    compose,
)
from tests.schema.composition.small_graphs import composed, link, only, problems_as_written

SDL = link() + (
    'type Query { a(x: Int = 1): A @deprecated(reason: "r") u: U i: I } type A implements I @key(fields:'
    ' "id") '
    '{ id: ID! r: Int @requires(fields: "x") x: Int @external } interface I { id: ID! } union U = A '
    "enum E { X Y } input In { e: E = X } directive @d(a: In) on FIELD_DEFINITION"
)
WORDS = [
    "A",
    "U",
    "E",
    "In",
    "Query",
    '@key(fields: "id")',
    "@external",
    "@shareable",
    "[",
    "]",
    "!",
    "{",
    "}",
    "null",
    '"',
]


@pytest.mark.parametrize("seed", range(300))
def test_no_schema_however_broken_raises_anything_else(seed: int) -> None:
    chance = random.Random(seed)
    tokens = SDL.split(" ")
    for _ in range(chance.randint(1, 4)):
        position = chance.randrange(len(tokens))
        match chance.randrange(3):
            case 0:
                tokens.pop(position)
            case 1:
                tokens.insert(position, chance.choice(WORDS))
            case _:
                tokens[position] = chance.choice(tokens)
    found = problems_as_written(a=" ".join(tokens), b=SDL)
    assert all(problem.message and problem.code in ErrorCode for problem in found)


@pytest.mark.parametrize(
    "sdl",
    [
        "",
        "\0",
        "type Query { a" + "(x: " + "[" * 3000 + "Int",
        "{" * 5000,
        "type Query { a: " + "[" * 900 + "Int" + "]" * 900 + " }",
    ],
    ids=["empty", "null byte", "deep list", "deep braces", "deep type"],
)
def test_strange_texts_are_refused_or_composed(sdl: str) -> None:
    assert {problem.code for problem in problems_as_written(a=sdl)} <= {"INVALID_GRAPHQL", "NO_QUERIES"}


@pytest.mark.parametrize("depth", [50, 150, 400, 2000])
def test_deep_values_and_selections_are_refused_or_composed(depth: int) -> None:
    nested = "[" * depth + "1" + "]" * depth
    fields = "a { " * depth + "id" + " }" * depth
    sdl = f"scalar S type Query {{ f(x: S = {nested}): A }}"
    sdl += f' type A @key(fields: "{fields}") {{ id: ID! a: A }}'
    assert {problem.code for problem in problems_as_written(a=sdl)} <= {
        "INVALID_GRAPHQL",
        "KEY_INVALID_FIELDS",
    }


def test_numbers_out_of_all_bounds_are_kept_as_written() -> None:
    digits = "9" * 5000
    sdl = composed(s=f"scalar S type Query {{ f(x: S = {digits}, y: S = 1e999): Int }}").api_sdl
    assert digits in sdl
    assert "1e999" in sdl


def test_two_subgraphs_cannot_have_one_name() -> None:
    with pytest.raises(CompositionError) as caught:
        compose([Subgraph(name="a", url="", sdl="type Query { a: Int }")] * 2)
    assert caught.value.errors[0].code is ErrorCode.INVALID_SUBGRAPH_NAME


def test_a_problem_prints_its_code_message_and_place() -> None:
    problem = only(problems_as_written(s="type Query { a: Nope }"))
    assert str(problem) == '[INVALID_GRAPHQL] [s] Unknown type "Nope". (s:1:17)'


def test_hints_have_codes_messages_places_and_levels() -> None:
    hint = only_hint(composed(s="type Query { a: Int } enum E { X }").hints)
    assert hint.code is HintCode.UNUSED_ENUM_TYPE
    assert hint.code.level is HintLevel.DEBUG
    assert hint.locations[0].subgraph == "s"
    assert str(hint).startswith("[UNUSED_ENUM_TYPE] ")


def only_hint(found: tuple[Hint, ...]) -> Hint:
    """The one hint that there is."""
    (hint,) = found
    return hint


def test_what_merging_breaks_is_reported_too() -> None:
    found = problems_as_written(
        a="type Query { a: A } type A implements I { x: I2 } interface I { x: I2 } interface I2 { y: Int }"
        " type C implements I2 { y: Int }",
        b="type Query { b: Int } type A { x: C } type C { y: Int }",
    )
    assert not found
    found = problems_as_written(
        a="type Query { a: A } type A implements I { x: Int! } interface I { x: Int! }",
        b="type Query { b: A } type A { x: Int }",
    )
    assert [problem.code for problem in found] == ["INVALID_GRAPHQL"]
    assert found[0].message.startswith("After merging:")
