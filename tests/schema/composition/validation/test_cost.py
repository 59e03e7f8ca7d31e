from tests.schema.composition.small_graphs import only, problems


def test_interface_fields_have_no_cost() -> None:
    found = problems(
        s="type Query { i: I } interface I { x: Int @cost(weight: 3) } type A implements I { x: Int }"
    )
    assert only(found).code == "COST_APPLIED_TO_INTERFACE_FIELD"
    assert '"I.x"' in only(found).message
