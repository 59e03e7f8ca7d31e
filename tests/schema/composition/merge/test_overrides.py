import pytest

from tests.schema.composition.small_graphs import composed, hints, only, problems

SOURCE = 'type Query { a: A } type A @key(fields: "id") { id: ID! x: Int }'


def taking(override: str, type_line: str = 'type A @key(fields: "id")') -> str:
    """A subgraph whose `A.x` has this `@override`."""
    return f"{type_line} {{ id: ID! x: Int @override({override}) }}"


def test_the_source_no_longer_resolves_the_field() -> None:
    result = composed(a=SOURCE, b=taking('from: "a"'))
    assert 'x: Int @join__field(graph: B, override: "a")' in result.supergraph_sdl
    assert "OVERRIDDEN_FIELD_CAN_BE_REMOVED" in hints(result)


def test_a_source_that_still_needs_the_field_keeps_it_as_overridden() -> None:
    source = 'type Query { a: A } type A @key(fields: "id") @key(fields: "x") { id: ID! x: Int }'
    sdl = composed(a=source, b=taking('from: "a"')).supergraph_sdl
    assert "@join__field(graph: A, usedOverridden: true)" in sdl


@pytest.mark.parametrize(
    "label", ["percent(5)", "percent(99.99999999)", "percent(100)", "canary", "a-b_c:d./e"]
)
def test_a_label_lets_both_resolve_it_for_a_while(label: str) -> None:
    result = composed(a=SOURCE, b=taking(f'from: "a", label: "{label}"'))
    assert f'@join__field(graph: A, overrideLabel: "{label}")' in result.supergraph_sdl
    assert f'@join__field(graph: B, override: "a", overrideLabel: "{label}")' in result.supergraph_sdl
    assert "OVERRIDE_MIGRATION_IN_PROGRESS" in hints(result)


@pytest.mark.parametrize(
    "label", ["percent(101)", "percent(-1)", "percent(5.123456789)", "1st", "a b", "percent()"]
)
def test_labels_have_a_form(label: str) -> None:
    found = problems(a=SOURCE, b=taking(f'from: "a", label: "{label}"'))
    assert {problem.code for problem in found} == {"OVERRIDE_LABEL_INVALID"}


def test_overriding_from_nobody_has_no_effect() -> None:
    result = composed(a=SOURCE.replace(" x: Int", ""), b=taking('from: "aa"'))
    assert 'Did you mean "a"?' in hints(result)["FROM_SUBGRAPH_DOES_NOT_EXIST"]


def test_overriding_what_is_not_there_is_a_hint() -> None:
    result = composed(a=SOURCE.replace(" x: Int", ""), b=taking('from: "a"'))
    assert "OVERRIDE_DIRECTIVE_CAN_BE_REMOVED" in hints(result)


def test_a_subgraph_does_not_override_itself() -> None:
    assert (
        only(problems(a=SOURCE.replace(" x: Int", ""), b=taking('from: "b"'))).code
        == "OVERRIDE_FROM_SELF_ERROR"
    )


def test_overrides_do_not_chain() -> None:
    found = problems(a=SOURCE, b=taking('from: "a"'), c=taking('from: "b"'))
    assert "OVERRIDE_SOURCE_HAS_OVERRIDE" in {problem.code for problem in found}


def test_fields_of_interfaces_are_not_overridden() -> None:
    found = problems(
        a="type Query { i: I } interface I { x: Int } type A implements I { x: Int }",
        b='interface I { x: Int @override(from: "a") }',
    )
    assert only(found).code == "OVERRIDE_ON_INTERFACE"


@pytest.mark.parametrize("directive", ["requires", "provides"])
def test_what_needs_other_data_is_not_overridden(directive: str) -> None:
    owner = 'type O @key(fields: "id") { id: ID! y: Int @shareable }'
    field = {
        "requires": 'x: O @requires(fields: "z") z: Int @external',
        "provides": 'x: O @provides(fields: "y")',
    }
    source = (
        f'type Query {{ a: A }} type A @key(fields: "id") {{ id: ID! {field[directive]} }}'
        ' type O @key(fields: "id") { id: ID! y: Int @external }'
    )
    if directive == "requires":
        source = source.replace(" y: Int @external", "")
    found = problems(
        a=source,
        b='type A @key(fields: "id") { id: ID! x: O @override(from: "a") z: Int } ' + owner,
    )
    assert found[0].code == "OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE"
    assert f"@{directive}" in found[0].message
