import pytest

from tests.schema.composition.small_graphs import composed, only, problems


def subgraph(
    setter: str = '@context(name: "c")',
    argument: str = 'x: String @fromContext(field: "$c { prop }")',
    key: str = '@key(fields: "id")',
) -> str:
    """`T` sets a context, `U.field` uses it."""
    return (
        "type Query { t: T } "
        f'type T @key(fields: "id") {setter} {{ id: ID! u: U! prop: String }} '
        f"type U {key} {{ id: ID! field({argument}): Int }}"
    )


def test_a_context_reaches_the_supergraph_under_its_subgraphs_name() -> None:
    sdl = composed(s=subgraph()).supergraph_sdl
    assert '@context(name: "s__c")' in sdl
    assert 'contextArguments: [{context: "s__c", name: "x", type: "String", selection: " { prop }"}]' in sdl
    assert "field: Int @join__field" in sdl


@pytest.mark.parametrize(
    ("sdl", "code"),
    [
        (
            subgraph('@context(name: "c_d")', 'x: String @fromContext(field: "$c_d { prop }")'),
            "CONTEXT_NAME_INVALID",
        ),
        (subgraph(argument='x: String @fromContext(field: "$other { prop }")'), "CONTEXT_NOT_SET"),
        (subgraph(argument='x: String = "d" @fromContext(field: "$c { prop }")'), "CONTEXT_NOT_SET"),
        (subgraph(argument='x: String @fromContext(field: "{ prop }")'), "NO_CONTEXT_IN_SELECTION"),
        (subgraph(argument='x: String @fromContext(field: "$c { nope }")'), "CONTEXT_INVALID_SELECTION"),
        (subgraph(argument='x: String @fromContext(field: "$c { prop id }")'), "CONTEXT_INVALID_SELECTION"),
        (subgraph(argument='x: String @fromContext(field: "$c { p: prop }")'), "CONTEXT_INVALID_SELECTION"),
        (subgraph(argument='x: Int @fromContext(field: "$c { prop }")'), "CONTEXT_INVALID_SELECTION"),
        (
            subgraph(argument='x: String @fromContext(field: "$c ... on U { id }")'),
            "CONTEXT_INVALID_SELECTION",
        ),
        (subgraph(key='@key(fields: "id", resolvable: false)'), "CONTEXT_NO_RESOLVABLE_KEY"),
    ],
)
def test_contexts_are_set_and_give_one_value_of_the_arguments_type(sdl: str, code: str) -> None:
    assert only(problems(s=sdl)).code == code


def test_a_field_that_implements_an_interface_takes_nothing_from_contexts() -> None:
    sdl = subgraph().replace("type U @key", "interface I { field: Int } type U implements I @key")
    assert only(problems(s=sdl)).code == "CONTEXT_NOT_SET"


def test_an_argument_must_be_contextual_everywhere_or_optional() -> None:
    other = 'type U @key(fields: "id") { id: ID! field(x: String!): Int @shareable }'
    found = problems(a=subgraph().replace("): Int", "): Int @shareable"), b=other)
    assert only(found).code == "CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS"
