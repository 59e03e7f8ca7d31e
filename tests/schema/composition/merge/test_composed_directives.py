import pytest

from tests.schema.composition.small_graphs import composed_as_written, only, problems_as_written

FEDERATION = (
    '@link(url: "https://specs.apollo.dev/federation/v2.9", import:'
    ' ["@composeDirective", "@shareable", "@tag"])'
)


def subgraph(
    compose: str = "@mine",
    url: str = "https://example.com/mine/v1.0",
    imports: str = '"@mine"',
    definition: str = "directive @mine(x: Int) on FIELD_DEFINITION",
    name: str = "a",
    directive: str = "@mine(x: 3)",
) -> str:
    """A subgraph that composes a directive of its own."""
    return (
        f'extend schema {FEDERATION} @link(url: "{url}", import: [{imports}]) @composeDirective(name:'
        f' "{compose}")\n'
        f"{definition}\ntype Query {{ {name}: Int {directive} }}"
    )


def test_a_composed_directive_is_linked_defined_and_applied_in_the_supergraph() -> None:
    result = composed_as_written(a=subgraph())
    assert '@link(url: "https://example.com/mine/v1.0", import: ["@mine"])' in result.supergraph_sdl
    assert "directive @mine(x: Int) on FIELD_DEFINITION" in result.supergraph_sdl
    assert "a: Int @mine(x: 3)" in result.supergraph_sdl
    assert "mine" not in result.api_sdl


def test_the_newest_definition_of_one_major_version_wins() -> None:
    newer = subgraph(
        url="https://example.com/mine/v1.2",
        definition="directive @mine(x: Int, y: Int) on FIELD_DEFINITION",
        name="b",
    )
    sdl = composed_as_written(a=subgraph(), b=newer).supergraph_sdl
    assert "directive @mine(x: Int, y: Int)" in sdl
    assert "mine/v1.2" in sdl


def test_applications_must_suit_the_definition_that_wins() -> None:
    newer = subgraph(
        url="https://example.com/mine/v1.2",
        definition="directive @mine(x: String) on FIELD_DEFINITION",
        name="b",
        directive='@mine(x: "3")',
    )
    problem = only(problems_as_written(a=subgraph(), b=newer))
    assert problem.code == "INVALID_GRAPHQL"
    assert '"@mine(x:)" of type "String"' in problem.message


@pytest.mark.parametrize(
    ("sdl", "expected"),
    [
        (subgraph(compose=""), "cannot be NULL or an empty String"),
        (subgraph(compose="mine"), 'must have a leading "@"'),
        (subgraph(compose="@min"), 'Did you mean "@mine"'),
        (
            subgraph(
                compose="@other",
                definition="directive @mine(x: Int) on FIELD_DEFINITION directive @other on OBJECT",
            ),
            "not a member",
        ),
        (subgraph(compose="@shareable"), "not supported"),
        (
            subgraph(
                compose="@mine__mine",
                imports='{name: "@mine", as: "@yours"}',
                definition=(
                    "directive @mine__mine(x: Int) on OBJECT directive @yours(x: Int) on FIELD_DEFINITION"
                ),
                directive="@yours(x: 3)",
            ),
            "is imported to a different name",
        ),
    ],
)
def test_only_directives_of_linked_features_compose(sdl: str, expected: str) -> None:
    problem = only(problems_as_written(a=sdl))
    assert problem.code == "DIRECTIVE_COMPOSITION_ERROR"
    assert expected in problem.message


def test_what_federation_composes_anyway_is_a_hint() -> None:
    result = composed_as_written(a=subgraph(compose="@tag"))
    assert {hint.code for hint in result.hints} == {"DIRECTIVE_COMPOSITION_INFO"}


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (subgraph(url="https://example.com/mine/v2.0", name="b"), "major version mismatch"),
        (subgraph(url="https://other.com/mine/v1.0", name="b"), "not linked by the same core feature"),
        (
            subgraph(
                compose="@yours",
                imports='{name: "@mine", as: "@yours"}',
                definition="directive @yours(x: Int) on FIELD_DEFINITION",
                name="b",
                directive="@yours(x: 1)",
            ),
            "not named consistently",
        ),
    ],
)
def test_a_composed_directive_is_one_thing_everywhere(other: str, expected: str) -> None:
    found = problems_as_written(a=subgraph(), b=other)
    assert {problem.code for problem in found} == {"DIRECTIVE_COMPOSITION_ERROR"}
    assert expected in found[0].message
