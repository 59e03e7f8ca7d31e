"""`@context` and `@fromContext`: a field's argument filled from a type further up the path."""

from collections.abc import Mapping

from marquee_schema.composition.specs.definition import (
    SPECS,
    ArgumentSpec,
    Composition,
    DirectiveSpec,
    FeatureSpec,
    Purpose,
    TypeSpec,
    feature,
)
from marquee_schema.composition.values import Value

CONTEXT_IDENTITY = f"{SPECS}/context"


def name_in_supergraph(subgraph: str, context: object) -> str:
    """Contexts of different subgraphs never meet, so the supergraph's name for one holds the subgraph's."""
    return f"{subgraph}__{context}"


def _qualified(subgraph: str, arguments: Mapping[str, Value]) -> dict[str, Value]:
    return {"name": name_in_supergraph(subgraph, arguments.get("name"))}


CONTEXT_VERSIONS: tuple[FeatureSpec, ...] = (
    feature(
        "context",
        (0, 1),
        [
            DirectiveSpec(
                "context",
                ("INTERFACE", "OBJECT", "UNION"),
                (ArgumentSpec("name", "String!"),),
                repeatable=True,
                composition=Composition(lambda _: CONTEXT_VERSIONS[-1], transform=_qualified),
            ),
            DirectiveSpec(
                "fromContext", ("ARGUMENT_DEFINITION",), (ArgumentSpec("field", "{ContextFieldValue}"),)
            ),
        ],
        [TypeSpec("ContextFieldValue")],
        purpose=Purpose.SECURITY,
    ),
)
