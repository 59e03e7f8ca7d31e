"""The parts of a message that say how subgraphs differ: `"Int" in subgraph "a", but "String" in subgraphs "b"
and "c"`."""

from collections.abc import Iterable, Mapping

from marquee_schema.composition.merge.context import MergeContext
from marquee_schema.composition.report import subgraphs


def differences(context: MergeContext, values: Mapping[int, str]) -> str:
    """The values by the subgraphs that have them, the most frequent first."""
    by_value: dict[str, list[int]] = {}
    for index, value in values.items():
        by_value.setdefault(value, []).append(index)
    ordered = sorted(by_value.items(), key=lambda entry: -len(entry[1]))
    return ", but ".join(f"{value} in {subgraphs(context.names_of(indexes))}" for value, indexes in ordered)


def presence(context: MergeContext, present: Iterable[int], absent: Iterable[int]) -> str:
    """`it is defined in subgraph "a" but not in subgraph "b"`."""
    having, lacking = context.names_of(present), context.names_of(absent)
    return f"it is defined in {subgraphs(having)} but not in {subgraphs(lacking)}"
