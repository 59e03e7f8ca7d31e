"""INCONSISTENT_DESCRIPTION (hint): the most frequent description wins, among equals the first; an empty one
never wins against another."""

from collections.abc import Mapping

from marquee_schema.composition.hints import HintCode
from marquee_schema.composition.merge.context import MergeContext
from marquee_schema.composition.model import Element
from marquee_schema.composition.report import subgraphs


def merge_description(context: MergeContext, sources: Mapping[int, Element], target: Element) -> None:
    """Gives `target` its description."""
    users: dict[str, list[int]] = {}
    for index, source in sources.items():
        if source.description is not None:
            users.setdefault(source.description, []).append(index)
    if not users:
        return
    candidates = [description for description in users if description] or list(users)
    chosen = max(candidates, key=lambda description: len(users[description]))
    target.description = chosen
    if len(candidates) > 1:
        described = "; ".join(
            f'{subgraphs(context.names_of(indexes))}: "{description}"'
            for description, indexes in users.items()
        )
        context.hint(
            HintCode.INCONSISTENT_DESCRIPTION,
            f'"{target.coordinate}" has inconsistent descriptions across subgraphs. The supergraph uses the'
            f" one from {subgraphs(context.names_of(users[chosen]))}. Descriptions are: {described}",
            sources,
        )
