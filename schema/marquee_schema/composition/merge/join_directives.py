"""`@join__directive`: directives that the supergraph carries as data of each subgraph, such as
`@cacheTag`."""

from collections.abc import Mapping

from marquee_schema.composition.merge.context import MergeContext
from marquee_schema.composition.model import Element
from marquee_schema.composition.specs.connect import CONNECT_IDENTITY
from marquee_schema.composition.specs.federation import FEDERATION_IDENTITY
from marquee_schema.composition.values import Value, same_arguments


def add_join_directives(context: MergeContext, sources: Mapping[int, Element], target: Element) -> None:
    """Adds one `@join__directive` for each different application, with the subgraphs that have it."""
    joined: dict[str, list[tuple[dict[str, Value], list[int]]]] = {}
    for index, source in sources.items():
        for applied in source.directives:
            name = _name_to_join(context, index, applied.name)
            if name is None:
                continue
            known = joined.setdefault(name, [])
            for arguments, indexes in known:
                if same_arguments(arguments, applied.arguments):
                    indexes.append(index)
                    break
            else:
                known.append((applied.arguments, [index]))
    for name, applications in joined.items():
        for arguments, indexes in applications:
            target.directives.append(context.join.directive(indexes, name, arguments))


def _name_to_join(context: MergeContext, index: int, name: str) -> str | None:
    """The name under which a directive is carried as join data; None when it is not carried."""
    links = context.subgraphs[index].links
    merged = context.features.directives.get(name)
    through_join = merged is not None and merged.composition.through_join
    source = links.source_of_directive(name) if links else None
    if source is not None and source.feature.url.identity == CONNECT_IDENTITY:
        return name
    if not through_join:
        return None
    if source is not None and source.name is not None:
        is_federation = source.feature.url.identity == FEDERATION_IDENTITY
        return f"federation__{source.name}" if is_federation else source.name
    return name
