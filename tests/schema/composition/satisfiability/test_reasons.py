"""Why an operation cannot be answered: the reasons that an error gives."""

from tests.schema.composition.small_graphs import only, problems

KEYED = 'type Query { a: A } type A @key(fields: "id") { id: ID! x: Int }'


def test_a_field_that_cannot_be_reached_is_shown_with_the_shortest_operation_and_the_reason() -> None:
    problem = only(problems(a="type Query { a: A } type A { x: Int }", b="type A { y: Int }"))
    assert problem.code == "SATISFIABILITY_ERROR"
    assert "{\n  a {\n    y\n  }\n}" in problem.message
    assert '- from subgraph "a":' in problem.message
    assert 'cannot find field "A.y"' in problem.message
    assert 'type "A" has no @key defined there' in problem.message


def test_a_key_that_is_not_resolvable_leads_nowhere() -> None:
    found = problems(a=KEYED, b='type A @key(fields: "id", resolvable: false) { id: ID! y: Int }')
    assert "none of the @key" in only(found).message
