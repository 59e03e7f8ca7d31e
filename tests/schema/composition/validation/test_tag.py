from tests.schema.composition.small_graphs import only, problems

QUERY = 'type Query { a: Int @tag(name: "x") }\n'


def test_a_written_out_definition_may_leave_out_locations() -> None:
    assert not problems(s=QUERY + "directive @tag(name: String!) repeatable on FIELD_DEFINITION | OBJECT")


def test_a_written_out_definition_may_not_add_any() -> None:
    found = problems(s=QUERY + "directive @tag(name: String!) repeatable on FIELD_DEFINITION | QUERY")
    assert only(found).code == "DIRECTIVE_DEFINITION_INVALID"
