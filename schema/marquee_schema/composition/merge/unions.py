"""Unions: the union of their members. Hint INCONSISTENT_UNION_MEMBER."""

from collections.abc import Mapping

from marquee_schema.composition.hints import HintCode
from marquee_schema.composition.merge.context import MergeContext
from marquee_schema.composition.merge.differences import presence
from marquee_schema.composition.model import NamedType, UnionType


def merge_union(context: MergeContext, sources: Mapping[int, NamedType], target: UnionType) -> None:
    """Adds every member of any subgraph, with a `@join__unionMember` for each subgraph that has it."""
    members: dict[str, dict[int, UnionType]] = {}
    for index, source in sources.items():
        if isinstance(source, UnionType):
            for name in source.members:
                members.setdefault(name, {})[index] = source
    for name, having in members.items():
        target.members[name] = None
        target.directives += [context.join.union_member(index, name) for index in having]
        lacking = [index for index in sources if index not in having]
        if lacking:
            context.hint(
                HintCode.INCONSISTENT_UNION_MEMBER,
                f'Union type "{target.name}" includes member type "{name}" in some but not all defining'
                f" subgraphs: {presence(context, having, lacking)}.",
                having,
            )
