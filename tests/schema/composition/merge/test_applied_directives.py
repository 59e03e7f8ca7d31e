from tests.schema.composition.small_graphs import (
    composed,
    composed_as_written,
    hints,
    only,
    problems_as_written,
)


def test_repeatable_directives_are_all_kept_once() -> None:
    sdl = composed(
        a='type Query { a: Int @shareable @tag(name: "x") @tag(name: "y") }',
        b='type Query { a: Int @shareable @tag(name: "y") }',
    ).supergraph_sdl
    assert 'a: Int @tag(name: "x") @tag(name: "y")' in sdl


def test_of_others_the_most_frequent_is_kept() -> None:
    field = 'type Query {{ a: Int @shareable @deprecated(reason: "{0}") }}'
    result = composed(a=field.format("x"), b=field.format("y"), c=field.format("y"))
    assert 'a: Int @deprecated(reason: "y")' in result.api_sdl
    assert "INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS" in hints(result)


def test_a_default_argument_is_the_same_written_or_not() -> None:
    result = composed(
        a="type Query { a: Int @shareable @deprecated }",
        b='type Query { a: Int @shareable @deprecated(reason: "No longer supported") }',
    )
    assert not hints(result)


def test_costs_merge_to_the_largest() -> None:
    result = composed(
        a="type Query { a: Int @shareable @cost(weight: 3) }",
        b="type Query { a: Int @shareable @cost(weight: 7) }",
    )
    assert "a: Int @cost(weight: 7)" in result.supergraph_sdl
    assert "MERGED_NON_REPEATABLE_DIRECTIVE_ARGUMENTS" in hints(result)


def test_list_sizes_unite_their_arguments() -> None:
    field = "type Query {{ a(x: Int, y: Int): [Int] @shareable @listSize({0}) }}"
    sdl = composed(
        a=field.format('slicingArguments: ["x"], assumedSize: 3'),
        b=field.format('slicingArguments: ["y"], requireOneSlicingArgument: false'),
    ).supergraph_sdl
    assert '@listSize(assumedSize: 3, slicingArguments: ["x", "y"], requireOneSlicingArgument: false)' in sdl


def test_scopes_of_several_subgraphs_are_all_needed() -> None:
    field = "type Query {{ a: Int @shareable @requiresScopes(scopes: {0}) }}"
    sdl = composed(a=field.format('[["a"], ["b"]]'), b=field.format('[["c"]]')).supergraph_sdl
    assert '@requiresScopes(scopes: [["a", "c"], ["b", "c"]])' in sdl


def test_one_directive_has_one_name() -> None:
    start = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ['
    found = problems_as_written(
        a=start + '"@tag"]) type Query { a: Int @tag(name: "x") }',
        b=start + '{name: "@tag", as: "@label"}]) type Query { b: Int @label(name: "x") }',
    )
    assert only(found).code == "LINK_IMPORT_NAME_MISMATCH"
    assert '"@tag" in subgraph "a", but "@label" in subgraph "b"' in only(found).message


def test_a_renamed_directive_keeps_its_name_in_the_supergraph() -> None:
    sdl = composed_as_written(
        a='extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", '
        'import: [{name: "@inaccessible", as: "@hidden"}]) type Query { a: Int b: Int @hidden }'
    )
    assert "b: Int @hidden" in sdl.supergraph_sdl
    assert 'import: [{name: "@inaccessible", as: "@hidden"}]' in sdl.supergraph_sdl
    assert "b: Int" not in sdl.api_sdl


def test_cache_tags_travel_as_join_directives() -> None:
    sdl = composed(minor=12, s='type Query { a: Int @cacheTag(format: "a-{$args.id}") }').supergraph_sdl
    assert (
        '@join__directive(graphs: [S], name: "federation__cacheTag", args: {format: "a-{$args.id}"})' in sdl
    )
