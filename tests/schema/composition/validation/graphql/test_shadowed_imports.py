from tests.schema.composition.small_graphs import only, problems


def test_a_namespaced_name_is_not_for_others_when_the_element_is_imported() -> None:
    found = problems(
        s="type Query { a: Int @federation__tag } directive @federation__tag on FIELD_DEFINITION"
    )
    assert only(found).code == "INVALID_LINK_DIRECTIVE_USAGE"
    assert "@federation__tag" in only(found).message
