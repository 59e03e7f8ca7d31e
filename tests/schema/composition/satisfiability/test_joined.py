"""What the composer reads from the merged supergraph is what a router reads from its text."""

from collections.abc import Sequence
from dataclasses import fields

from marquee_schema.composition import CompositionError, Subgraph, compose
from marquee_schema.composition.merge.merger import merge_subgraphs
from marquee_schema.composition.report import Report
from marquee_schema.composition.satisfiability.joined import joined_schema
from marquee_schema.composition.subgraph.reader import read_subgraph
from marquee_schema.composition.subgraph.schema import SubgraphSchema
from marquee_schema.composition.upgrade import upgrade_subgraphs
from marquee_schema.composition.validation.subgraph import validate_subgraph
from marquee_schema.supergraph import JoinedSchema, JoinedType, load_supergraph
from tests.schema.composition.reference.comparison import made
from tests.schema.composition.reference.model import subgraphs

SEEDS = range(80)


def _joined(sources: Sequence[Subgraph]) -> JoinedSchema:
    report = Report()
    schemas: list[SubgraphSchema] = []
    for subgraph in sorted(sources, key=lambda each: each.name):
        schema = read_subgraph(subgraph, report)
        assert schema is not None
        validate_subgraph(schema, report)
        schemas.append(schema)
    return joined_schema(merge_subgraphs(upgrade_subgraphs(schemas, report), report))


def _differences(one: JoinedSchema, other: JoinedSchema) -> list[str]:
    """The types and parts in which the two differ."""
    found = sorted(one.types.keys() ^ other.types.keys())
    for name in one.types.keys() & other.types.keys():
        for part in fields(JoinedType):
            if getattr(one.types[name], part.name) != getattr(other.types[name], part.name):
                found.append(f"{name} {part.name}")
    for part_name in ("subgraphs", "root_types", "possible_types"):
        if getattr(one, part_name) != getattr(other, part_name):
            found.append(part_name)
    return found


def test_both_read_the_same_from_generated_graphs() -> None:
    composed = 0
    for seed in SEEDS:
        sources = subgraphs(made(seed))
        try:
            text = compose(sources).supergraph_sdl
        except CompositionError:
            continue
        composed += 1
        assert _differences(_joined(sources), load_supergraph(text)) == [], seed
    assert composed > 25
