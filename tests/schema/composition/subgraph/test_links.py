import pytest

from tests.schema.composition.small_graphs import composed_as_written, only, problems_as_written

FEDERATION = "https://specs.apollo.dev/federation/v2.3"
QUERY = "type Query { a: Int }"


@pytest.mark.parametrize(
    ("links", "code"),
    [
        ('@link(url: "https://specs.apollo.dev/federation/v2.99")', "UNKNOWN_FEDERATION_LINK_VERSION"),
        ('@link(url: "https://specs.apollo.dev/federation/v3.0")', "UNKNOWN_FEDERATION_LINK_VERSION"),
        ('@link(url: "https://specs.apollo.dev/link/v9.0")', "UNKNOWN_LINK_VERSION"),
        (f'@link(url: "{FEDERATION}") @link(url: "https://example.com")', "INVALID_LINK_IDENTIFIER"),
        (f'@link(url: "{FEDERATION}") @link(url: "https://example.com/x")', "INVALID_LINK_IDENTIFIER"),
        (f'@link(url: "{FEDERATION}") @link(url: "nonsense")', "INVALID_LINK_IDENTIFIER"),
        (f'@link(url: "{FEDERATION}") @link(url: "{FEDERATION}")', "INVALID_LINK_DIRECTIVE_USAGE"),
        (f'@link(url: "{FEDERATION}", import: ["@keys"])', "INVALID_LINK_DIRECTIVE_USAGE"),
        (f'@link(url: "{FEDERATION}", import: ["@policy"])', "INVALID_LINK_DIRECTIVE_USAGE"),
        (f'@link(url: "{FEDERATION}", import: [{{name: "@key", as: "id"}}])', "INVALID_LINK_DIRECTIVE_USAGE"),
        (f'@link(url: "{FEDERATION}", import: [{{as: "@key"}}])', "INVALID_LINK_DIRECTIVE_USAGE"),
        (
            f'@link(url: "{FEDERATION}", import: [{{name: "@key", to: "@id"}}])',
            "INVALID_LINK_DIRECTIVE_USAGE",
        ),
        (f'@link(url: "{FEDERATION}", import: [3])', "INVALID_LINK_DIRECTIVE_USAGE"),
        (f'@link(url: "{FEDERATION}", as: "a__b")', "INVALID_LINK_DIRECTIVE_USAGE"),
        (f'@link(url: "{FEDERATION}", as: "a_")', "INVALID_LINK_DIRECTIVE_USAGE"),
        (
            f'@link(url: "{FEDERATION}", import: ["@tag"]) @link(url: "https://specs.apollo.dev/tag/v0.3")',
            "INVALID_LINK_DIRECTIVE_USAGE",
        ),
    ],
)
def test_links_name_known_things_unambiguously(links: str, code: str) -> None:
    problem = only(problems_as_written(s=f"extend schema {links}\n{QUERY}"))
    assert problem.code == code
    assert problem.locations[0].line == 1


def test_a_mistyped_import_is_corrected() -> None:
    problem = only(
        problems_as_written(s=f'extend schema @link(url: "{FEDERATION}", import: ["@keys"]) {QUERY}')
    )
    assert 'Did you mean "@key"?' in problem.message


@pytest.mark.parametrize(
    ("link", "key"),
    [
        ("", "@federation__key"),
        (', as: "fed"', "@fed__key"),
        (', import: ["@key"]', "@key"),
        (', import: [{name: "@key", as: "@identified"}]', "@identified"),
        (', as: "fed", import: [{name: "@key", as: "@by"}]', "@by"),
    ],
)
def test_a_directive_is_known_by_whatever_name_the_link_gives_it(link: str, key: str) -> None:
    sdl = (
        f'extend schema @link(url: "{FEDERATION}"{link}) type Query {{ a: A }}'
        f' type A {key}(fields: "id") {{ id: ID! }}'
    )
    assert '@join__type(graph: S, key: "id")' in composed_as_written(s=sdl).supergraph_sdl


def test_what_is_not_imported_is_explained() -> None:
    problem = only(
        problems_as_written(
            s=(
                f'extend schema @link(url: "{FEDERATION}") type Query {{ a: A }} type'
                f' A @key(fields: "id") {{ id: ID! }}'
            )
        )
    )
    assert '"@federation__key"' in problem.message


def test_written_out_definitions_may_not_differ_from_the_specification() -> None:
    start = f'extend schema @link(url: "{FEDERATION}", import: ["@key", "FieldSet"]) {QUERY} scalar FieldSet '
    assert not problems_as_written(
        s=start + "directive @key(fields: FieldSet!, resolvable: Boolean = true) repeatable on OBJECT"
    )
    assert not problems_as_written(s=start + "directive @key(fields: String!) repeatable on OBJECT")
    for wrong in (
        "directive @key(fields: Int) on OBJECT",
        "directive @key(fields: FieldSet!) on OBJECT | FIELD",
        "directive @key(fields: FieldSet!, more: Int) on OBJECT",
        "directive @key on OBJECT",
    ):
        found = problems_as_written(s=start + wrong)
        assert {problem.code for problem in found} == {"DIRECTIVE_DEFINITION_INVALID"}, wrong


def test_types_of_specifications_keep_their_kind() -> None:
    found = problems_as_written(
        s=f'extend schema @link(url: "{FEDERATION}", import: ["FieldSet"]) {QUERY} type FieldSet {{ x: Int }}'
    )
    assert "TYPE_DEFINITION_INVALID" in {problem.code for problem in found}


def test_a_subgraph_cannot_take_a_reserved_or_a_taken_name() -> None:
    assert only(problems_as_written(_=QUERY)).code == "INVALID_SUBGRAPH_NAME"
