import pytest

from tests.schema.composition.small_graphs import composed, only, problems

QUERY = "type Query { a: A }\n"


@pytest.mark.parametrize(
    ("rest", "code", "expected"),
    [
        ('type A @key(fields: "nope") { id: ID }', "KEY_INVALID_FIELDS", 'Cannot query field "nope"'),
        ('type A @key(fields: "") { id: ID }', "KEY_INVALID_FIELDS", "On type"),
        ('type A @key(fields: "id { x }") { id: ID }', "KEY_INVALID_FIELDS", "cannot have a selection"),
        ('type A @key(fields: "o") { o: O } type O { x: ID }', "KEY_INVALID_FIELDS", "needs a selection"),
        ('type A @key(fields: "x: id") { id: ID }', "KEY_INVALID_FIELDS", "aliases are not supported"),
        ('type A @key(fields: "id @nope") { id: ID }', "KEY_INVALID_FIELDS", 'Unknown directive "@nope"'),
        ("type A @key(fields: id) { id: ID }", "KEY_INVALID_FIELDS_TYPE", "must be a string"),
        ("type A @key(fields: 1) { id: ID }", "KEY_INVALID_FIELDS_TYPE", "must be a string"),
        ('type A @key(fields: "f") { f(x: Int): ID }', "KEY_FIELDS_HAS_ARGS", '"A.f"'),
        ('type A @key(fields: "id @tag(name: \\"x\\")") { id: ID }', "KEY_DIRECTIVE_IN_FIELDS_ARG", "@tag"),
        (
            'type A @key(fields: "u { ... on A { id } }") { id: ID u: U } union U = A',
            "KEY_FIELDS_SELECT_INVALID_TYPE",
            "union type",
        ),
        (
            'type A @key(fields: "i { id }") { id: ID i: I } interface I { id: ID }',
            "KEY_FIELDS_SELECT_INVALID_TYPE",
            "interface type",
        ),
    ],
)
def test_a_key_must_select_plain_fields_that_exist(rest: str, code: str, expected: str) -> None:
    problem = only(problems(s=QUERY + rest))
    assert problem.code == code
    assert expected in problem.message
    assert problem.message.startswith("[s] ")


def test_a_problem_says_where_the_key_is_written() -> None:
    problem = only(problems(s='type Query { a: A }\ntype A @key(fields: "nope") { id: ID }'))
    assert [(place.subgraph, place.line, place.column) for place in problem.locations] == [("s", 3, 8)]


def test_several_compound_and_nested_keys_are_fine() -> None:
    sdl = composed(
        s=QUERY
        + 'type A @key(fields: "id") @key(fields: "x o { y }") { id: ID x: Int o: [O] } type O { y: ID }'
    ).supergraph_sdl
    assert '@join__type(graph: S, key: "id")' in sdl
    assert '@join__type(graph: S, key: "x o { y }")' in sdl


def test_keys_on_interfaces_need_federation_2_3() -> None:
    sdl = 'type Query { i: I } interface I @key(fields: "id") { id: ID! }'
    sdl += ' type A implements I @key(fields: "id") { id: ID! }'
    assert only(problems(minor=2, s=sdl)).code == "KEY_UNSUPPORTED_ON_INTERFACE"
    assert not problems(minor=3, s=sdl)


def test_all_problems_of_all_subgraphs_are_reported_at_once() -> None:
    found = problems(
        a='type Query { a: A } type A @key(fields: "x") @key(fields: "y") { id: ID }',
        b='type B @key(fields: "z") { id: ID }',
    )
    assert [problem.message[:3] for problem in found] == ["[a]", "[a]", "[b]"]
