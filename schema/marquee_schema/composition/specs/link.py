"""The `link` specification, and `core`, its older name: how a schema names the specifications that it
uses."""

from marquee_schema.composition.specs.definition import (
    SPECS,
    ArgumentSpec,
    DirectiveSpec,
    Purpose,
    TypeSpec,
    Version,
    feature,
)

LINK_IDENTITY = f"{SPECS}/link"
CORE_IDENTITY = f"{SPECS}/core"

_PURPOSE = TypeSpec(
    "Purpose",
    (
        (Purpose.SECURITY, "`SECURITY` features provide metadata necessary to securely resolve fields."),
        (Purpose.EXECUTION, "`EXECUTION` features provide metadata necessary for operation execution."),
    ),
)

LINK = feature(
    "link",
    (1, 0),
    [
        DirectiveSpec(
            "link",
            ("SCHEMA",),
            (
                ArgumentSpec("url", "String"),
                ArgumentSpec("as", "String"),
                ArgumentSpec("for", "{Purpose}"),
                ArgumentSpec("import", "[{Import}]"),
            ),
            repeatable=True,
        )
    ],
    [_PURPOSE, TypeSpec("Import")],
    minimum_federation=Version(2, 0),
)

_CORE_ARGUMENTS = (ArgumentSpec("feature", "String"), ArgumentSpec("as", "String"))

CORE_VERSIONS = (
    feature("core", (0, 1), [DirectiveSpec("core", ("SCHEMA",), _CORE_ARGUMENTS, repeatable=True)]),
    feature(
        "core",
        (0, 2),
        [
            DirectiveSpec(
                "core",
                ("SCHEMA",),
                (*_CORE_ARGUMENTS, ArgumentSpec("for", "{Purpose}")),
                repeatable=True,
            )
        ],
        [_PURPOSE],
        minimum_federation=Version(2, 0),
    ),
)
LINK_VERSIONS = (LINK,)
