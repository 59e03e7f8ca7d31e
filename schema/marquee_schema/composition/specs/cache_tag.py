"""`@cacheTag`: names by which entries of a router's entity cache can be invalidated; reaches the supergraph
as `@join__directive`."""

from marquee_schema.composition.specs.definition import (
    ArgumentSpec,
    Composition,
    DirectiveSpec,
    Purpose,
    feature,
)

CACHE_TAG_VERSIONS = (feature("cacheTag", (0, 1), [], purpose=Purpose.EXECUTION),)

CACHE_TAG = DirectiveSpec(
    "cacheTag",
    ("OBJECT", "FIELD_DEFINITION"),
    (ArgumentSpec("format", "String!"),),
    repeatable=True,
    composition=Composition(lambda _: CACHE_TAG_VERSIONS[-1], through_join=True),
)
