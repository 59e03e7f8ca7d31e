from tests.schema.composition.small_graphs import composed, hints, only, problems, problems_as_written


def test_one_name_is_one_kind() -> None:
    problem = only(problems(a="type Query { a: A } type A { x: Int }", b="enum A { X }"))
    assert problem.code == "TYPE_KIND_MISMATCH"
    assert 'of kind type in subgraph "a", but of kind enum in subgraph "b"' in problem.message
    assert {place.subgraph for place in problem.locations} == {"a", "b"}


def test_what_is_extended_must_be_defined_somewhere() -> None:
    problem = only(problems(a="type Query { a: Int }", b="extend type A { x: Int }"))
    assert problem.code == "EXTENSION_WITH_NO_BASE"
    assert problem.locations


def test_a_supergraph_answers_queries() -> None:
    assert only(problems(a="type Mutation { m: Int }")).code == "NO_QUERIES"
    assert only(problems_as_written()).code == "NO_QUERIES"


def test_unions_are_united() -> None:
    result = composed(
        a="type Query { a: U } union U = A | B type A @shareable { x: Int } type B { y: Int }",
        b="type Query { b: U } union U = A | C type A @shareable { x: Int } type C { y: Int }",
    )
    assert "union U = A | B | C" in result.api_sdl
    assert '@join__unionMember(graph: B, member: "C")' in result.supergraph_sdl
    assert "INCONSISTENT_UNION_MEMBER" in hints(result)


def test_a_type_that_is_an_entity_in_some_subgraphs_only_is_a_hint() -> None:
    result = composed(
        a='type Query { a: A } type A @key(fields: "id") { id: ID! }', b="type A { id: ID! @shareable }"
    )
    assert "INCONSISTENT_ENTITY" in hints(result)


def test_value_types_that_differ_are_a_hint() -> None:
    result = composed(
        a="type Query { a: A } type A @shareable { x: Int y: Int }",
        b="type Other { a: A } type A @shareable { x: Int }",
    )
    assert "INCONSISTENT_OBJECT_VALUE_TYPE_FIELD" in hints(result)


def test_interfaces_that_differ_are_a_hint() -> None:
    result = composed(
        a="type Query { i: I } interface I { x: Int y: Int } type A implements I { x: Int y: Int }",
        b="interface I { x: Int }",
    )
    assert "INCONSISTENT_INTERFACE_VALUE_TYPE_FIELD" in hints(result)
