"""The nodes of the fetch graph. Owns the record only; `fetch_graph` fills it in place."""

from __future__ import annotations

from dataclasses import dataclass, field

from marquee_router.planning.candidates.candidate import CandidateFetch
from marquee_router.planning.choice.chosen_fetches import ChosenFetch
from marquee_router.planning.conditions import ALWAYS
from marquee_router.planning.fetch_groups.selection_tree import SelectionTree
from marquee_router.planning.plan import Conditions


@dataclass(slots=True, eq=False)
class FetchNode:
    """One chosen fetch, what it selects, and the nodes that must run before it."""

    chosen: ChosenFetch
    tree: SelectionTree
    conditions: Conditions | None = None
    """When it must run; None until something is selected in it."""
    deferral: Conditions = ALWAYS
    """The deferred fragments it serves; `ALWAYS` if it serves the first answer."""
    needs: dict[FetchNode, None] = field(default_factory=dict)
    """The nodes that must run before, in the order found."""

    @property
    def candidate(self) -> CandidateFetch:
        """What is fetched, and where."""
        return self.chosen.candidate


def new_node(chosen: ChosenFetch, deferral: Conditions = ALWAYS) -> FetchNode:
    """A node in which nothing is selected yet."""
    return FetchNode(chosen, SelectionTree(chosen.candidate.node), deferral=deferral)
