"""The walk over all operations: parents, root fields, labels, mutations and abstract types."""

from tests.schema.composition.small_graphs import only, problems


def test_a_parent_entity_reaches_what_has_no_key() -> None:
    assert not problems(
        a='type Query { a: A } type A @key(fields: "id") { id: ID! v: V @shareable } type V { x: Int }',
        b='type A @key(fields: "id") { id: ID! v: V @shareable } type V { y: Int }',
    )


def test_a_root_field_reaches_what_has_no_key() -> None:
    assert not problems(
        a="type Query { v: V @shareable } type V { x: Int }",
        b="type Query { v: V @shareable } type V { y: Int }",
    )


def test_both_sides_of_a_progressive_override_must_work() -> None:
    found = problems(
        a="type Query { a: A } type A { x: Int y: Int }",
        b='type A { x: Int @override(from: "a", label: "percent(5)") }',
    )
    assert 'override label "percent(5)"' in only(found).message


def test_a_mutation_is_sent_to_one_subgraph_only() -> None:
    base = "type Mutation { m: A @shareable } type A %s { %s: Int @shareable }"
    one = "type Query { q: Int } " + base % ("", "x") + " extend type A { z: Int }"
    found = problems(a=one, b=base % ("", "y"))
    assert "A mutation is called in one subgraph only" in only(found).message


def test_members_that_a_subgraph_never_returns_need_no_answer() -> None:
    assert not problems(
        a="type Query { u: U } union U = A type A { x: Int }",
        b="type Query { b: U } union U = B type B { y: Int }",
    )
