"""DIRECTIVE_DEFINITION_INVALID: a subgraph that defines `@tag` itself must define it as federation does."""

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.report import SubgraphReport
from marquee_schema.composition.specs.tag import TAG_VERSIONS
from marquee_schema.composition.subgraph.schema import SubgraphSchema

_SPEC = TAG_VERSIONS[-1].directives["tag"]


def check_tag_definition(schema: SubgraphSchema, report: SubgraphReport) -> None:
    """Checks the definition of federation's `@tag`, under whatever name the subgraph imports it."""
    federation = schema.federation
    if federation is None:
        return
    definition = schema.directives.get(federation.directive_name("tag"))
    if definition is None:
        return
    name = definition.arguments.get("name")
    has_name = name is not None and name.type == "String!"
    if has_name and set(definition.locations) <= set(_SPEC.locations):
        return
    report.error(
        ErrorCode.DIRECTIVE_DEFINITION_INVALID,
        f'Invalid definition of "@{definition.name}": it should be `directive @{definition.name}(name:'
        f" String!) repeatable on {' | '.join(_SPEC.locations)}` or a part of these locations.",
        definition.node,
    )
