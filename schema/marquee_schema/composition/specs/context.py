"""`@context` and `@fromContext`: a field's argument that the router fills with data of a type above it on the
path."""

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
    """The name of a context in the supergraph. It begins with the subgraph's name, since a context is private
    to its subgraph."""
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
