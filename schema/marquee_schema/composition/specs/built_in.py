"""The directives that every GraphQL schema has without defining them."""

from marquee_schema.composition.specs.definition import ArgumentSpec, DirectiveSpec

BUILT_IN_DIRECTIVES = {
    spec.name: spec
    for spec in (
        DirectiveSpec(
            "include", ("FIELD", "FRAGMENT_SPREAD", "INLINE_FRAGMENT"), (ArgumentSpec("if", "Boolean!"),)
        ),
        DirectiveSpec(
            "skip", ("FIELD", "FRAGMENT_SPREAD", "INLINE_FRAGMENT"), (ArgumentSpec("if", "Boolean!"),)
        ),
        DirectiveSpec(
            "deprecated",
            ("FIELD_DEFINITION", "ENUM_VALUE", "ARGUMENT_DEFINITION", "INPUT_FIELD_DEFINITION"),
            (ArgumentSpec("reason", "String", default="No longer supported"),),
        ),
        DirectiveSpec("specifiedBy", ("SCALAR",), (ArgumentSpec("url", "String!"),)),
        DirectiveSpec(
            "defer",
            ("FRAGMENT_SPREAD", "INLINE_FRAGMENT"),
            (ArgumentSpec("label", "String"), ArgumentSpec("if", "Boolean!", default=True)),
        ),
        DirectiveSpec(
            "stream",
            ("FIELD",),
            (
                ArgumentSpec("label", "String"),
                ArgumentSpec("initialCount", "Int", default=0),
                ArgumentSpec("if", "Boolean!", default=True),
            ),
        ),
    )
}
