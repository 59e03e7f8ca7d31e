import pytest

from tests.schema.composition.small_graphs import composed, only, problems

OWNER = 'type Query { a: A } type A @key(fields: "id") { id: ID! x: Int o: O } type O @shareable { y: Int }'


@pytest.mark.parametrize(
    ("fields", "code", "expected"),
    [
        (
            'r: Int @requires(fields: "nope")',
            "REQUIRES_INVALID_FIELDS",
            "must be in this one too, marked @external",
        ),
        ("r: Int @requires(fields: 3)", "REQUIRES_INVALID_FIELDS_TYPE", "must be a string"),
        ('r: Int @requires(fields: "own") own: Int', "REQUIRES_FIELDS_MISSING_EXTERNAL", '"A.own"'),
        (
            'r: Int @requires(fields: "x @include(if: true)") x: Int @external',
            "REQUIRES_DIRECTIVE_IN_FIELDS_ARG",
            "@include",
        ),
    ],
)
def test_requires_selects_external_fields_of_its_type(fields: str, code: str, expected: str) -> None:
    problem = only(problems(a=OWNER, b='type A @key(fields: "id") { id: ID! ' + fields + " }"))
    assert problem.code == code
    assert expected in problem.message


def test_requires_is_not_for_fields_of_interfaces() -> None:
    found = problems(
        s=(
            'type Query { i: I } interface I { x: Int r: Int @requires(fields: "x") }'
            " type A implements I { x: Int r: Int }"
        )
    )
    assert {problem.code for problem in found} == {
        "REQUIRES_UNSUPPORTED_ON_INTERFACE",
        "REQUIRES_FIELDS_MISSING_EXTERNAL",
    }


def test_required_fields_may_take_arguments_that_every_subgraph_knows() -> None:
    owner = 'type Query { a: A } type A @key(fields: "id") { id: ID! x(unit: String): Int }'
    user = 'type A @key(fields: "id") { id: ID! x(unit: String): Int @external'
    assert not problems(a=owner, b=user + ' r: Int @requires(fields: "x(unit: \\"m\\")") }')
    found = problems(a=owner, b=user + ' r: Int @requires(fields: "x(size: 1)") }')
    assert only(found).code == "REQUIRES_INVALID_FIELDS"
    assert 'Unknown argument "size"' in only(found).message


def test_a_nested_requirement_reaches_the_supergraph() -> None:
    user = 'type A @key(fields: "id") { id: ID! o: O @external r: Int @requires(fields: "o { y }") }'
    sdl = composed(a=OWNER, b=user + " type O @shareable { y: Int }").supergraph_sdl
    assert 'r: Int @join__field(graph: B, requires: "o { y }")' in sdl
