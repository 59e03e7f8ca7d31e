"""One plan node for each fetch group, with its operation as text.

Owns the writing of whole operations: variables are declared as the client declared them, and only those in
use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from marquee_router.planning.fetch_groups.context_variables import rename
from marquee_router.planning.fetch_groups.fetch_group import EntityList, FetchGroup
from marquee_router.planning.operation import Variable
from marquee_router.planning.plan import (
    Conditional,
    EntityFetch,
    EntityTarget,
    OperationKind,
    PlanNode,
    RootFetch,
)


def fetch_node(group: FetchGroup, variables: Mapping[str, Variable]) -> PlanNode:
    """The plan node of a fetch group; root fields run only when the group's conditions hold."""
    used = tuple(sorted(group.variables & variables.keys()))
    if group.is_entity_fetch:
        return _entity_fetch(group, used, variables)
    declared = ",".join(f"${name}:{variables[name].declaration}" for name in used)
    head = f"{group.kind}({declared})" if declared else group.kind.value
    short = head == "query"  # `{ ... }` is a query
    root = RootFetch(
        subgraph=group.subgraph,
        kind=group.kind,
        operation=f"{'' if short else head}{{{group.selection}}}",
        variables=used,
        path=group.path,
    )
    return Conditional(group.conditions, root) if group.conditions else root


def _entity_fetch(group: FetchGroup, used: tuple[str, ...], variables: Mapping[str, Variable]) -> EntityFetch:
    targets: list[EntityTarget] = []
    declared: list[str] = []
    fields: list[str] = []
    is_only = len(group.entity_lists) == 1
    is_contextual = any(entities.context_variables for entities in group.entity_lists)
    for index, entities in enumerate(group.entity_lists):
        key = "_entities" if is_only else f"e{index}"
        variable = _free_name("representations" if is_only else f"r{index}", used)
        declared.append(f"${variable}:[_Any!]!")
        alias = "" if is_only else f"{key}:"
        selection = "".join(fragment.text for fragment in entities.fragments)
        if entities.context_variables:
            # Each `_entities` field has values of its own: their variables end with its number.
            names = {each.name: f"{each.name}_{index}" for each in entities.context_variables}
            selection = rename(selection, names)
            declared.extend(f"${names[each.name]}:{each.type}" for each in entities.context_variables)
        fields.append(f"{alias}_entities(representations:${variable}){{{selection}}}")
        kept_selection = selection if is_contextual else ""
        targets.append(_entity_target(entities, key, variable, kept_selection, index))
    own = [f"${name}:{variables[name].declaration}" for name in used]
    declared.extend(own)
    head = f"{OperationKind.QUERY}({','.join(declared)})"
    return EntityFetch(
        subgraph=group.subgraph,
        operation=f"{head}{{{' '.join(fields)}}}",
        targets=tuple(targets),
        variables=used,
        declarations=tuple(own) if is_contextual else (),
    )


def _entity_target(entities: EntityList, key: str, variable: str, selection: str, index: int) -> EntityTarget:
    return EntityTarget(
        response_key=key,
        variable=variable,
        paths=tuple(entities.paths),
        representation=entities.representation,
        typenames=entities.typenames,
        conditions=entities.conditions,
        contextual=tuple(replace(each, name=f"{each.name}_{index}") for each in entities.context_variables),
        selection=selection,
    )


def _free_name(wanted: str, taken: tuple[str, ...]) -> str:
    while wanted in taken:
        wanted = f"_{wanted}"
    return wanted
