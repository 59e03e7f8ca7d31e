"""Third stage: choose one candidate path for each field so that the whole plan is cheapest.

Owns the search for the cheapest combination, bounded by a number of options. Fields with the same fetches
to choose from are decided together. Those with one option are decided first, so that the others can share
what is needed anyway.
"""

from __future__ import annotations

from dataclasses import dataclass

from marquee_router.planning.candidates.candidate import (
    CandidateFetch,
    FetchIdentity,
    FieldCandidates,
)
from marquee_router.planning.choice.chosen_fetches import ChosenFetch, ChosenFetches, ChosenRead, CircularWait
from marquee_router.planning.errors import FetchGraphError
from marquee_router.planning.plan import Each

_EXHAUSTIVE_DECISIONS = 40
"""As many decisions are tried in all combinations; the rest are taken one by one."""

_DecisionKey = tuple[FetchIdentity, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """The chosen path of each field of the operation, and all fetches that these take."""

    reads: tuple[ChosenRead, ...]
    fetches: tuple[ChosenFetch, ...]


def choose(candidates: list[FieldCandidates], max_options: int) -> Choice:
    """The cheapest choice found with at most `max_options` options tried. Raises `FetchGraphError`."""
    search = _Search(_decisions(candidates), max_options)
    search.run()
    return Choice(tuple(search.reads(candidates)), tuple(search.fetches.by_identity.values()))


@dataclass(slots=True, eq=False)
class _Decision:
    """Fields with the same fetches to choose from."""

    options: tuple[CandidateFetch, ...]
    existence: bool
    """True if only objects themselves must be known. Decided last: nearly always a fetch is made anyway."""


def _decision_key(candidates: FieldCandidates) -> _DecisionKey:
    return tuple(dict.fromkeys(path.fetch.identity for path in candidates.paths))


def _decisions(candidates: list[FieldCandidates]) -> dict[_DecisionKey, _Decision]:
    found: dict[_DecisionKey, _Decision] = {}
    for each in candidates:
        key = _decision_key(each)
        existence = each.field is None
        if key in found:
            found[key].existence = found[key].existence and existence
        else:
            # Reversed, so that of several paths through one fetch the first counts.
            fetches = {path.fetch.identity: path.fetch for path in reversed(each.paths)}
            found[key] = _Decision(tuple(fetches[identity] for identity in key), existence)
    ordered = sorted(found.items(), key=lambda item: (item[1].existence, len(item[1].options)))
    return dict(ordered)


class _Search:
    """Depth first, cheapest option first; cut where a complete plan is cheaper. The first dive is greedy."""

    def __init__(self, decisions: dict[_DecisionKey, _Decision], max_options: int) -> None:
        self._decisions = decisions
        self._remaining = max_options
        self.fetches = ChosenFetches()
        self._chosen: dict[_DecisionKey, FetchIdentity] = {}
        self._best: dict[_DecisionKey, FetchIdentity] | None = None
        self._best_cost = 0

    def run(self) -> None:
        """Leave the cheapest plan found in `fetches`."""
        keys = list(self._decisions)
        forced = [key for key in keys if len(self._decisions[key].options) == 1]
        open_ = [key for key in keys if len(self._decisions[key].options) > 1]
        for key in sorted(forced, key=lambda key: self._decisions[key].options[0].stage):
            self._take(key, self._decisions[key].options[0])
        head, tail = open_[:_EXHAUSTIVE_DECISIONS], open_[_EXHAUSTIVE_DECISIONS:]
        mark = self.fetches.mark()
        self._descend(head, 0)
        self.fetches.undo(mark)
        for key in head:
            best = self._best[key] if self._best else None
            fetch = next(option for option in self._decisions[key].options if option.identity == best)
            self._take(key, fetch)
        # Far more combinations than can be tried: the rest take what is cheapest one by one.
        for key in tail:
            self._take(key, self._ranked(key)[0])

    def _take(self, key: _DecisionKey, fetch: CandidateFetch) -> None:
        added = self.fetches.add(fetch)
        if isinstance(added, CircularWait):
            raise FetchGraphError(added.reason)
        self._chosen[key] = fetch.identity

    def _descend(self, keys: list[_DecisionKey], index: int) -> None:
        if self._best is not None and self.fetches.cost >= self._best_cost:
            return
        if index == len(keys):
            self._best = dict(self._chosen)
            self._best_cost = self.fetches.cost
            return
        for fetch in self._ranked(keys[index]):
            # The first dive costs no options: it finds a plan, however few may be tried.
            if self._best is not None:
                self._remaining -= 1
                if self._remaining < 0:
                    return
            mark = self.fetches.mark()
            self._take(keys[index], fetch)
            self._descend(keys, index + 1)
            self.fetches.undo(mark)

    def _ranked(self, key: _DecisionKey) -> list[CandidateFetch]:
        """Options by the cost that they add to the plan so far; those that wait for themselves are left out.

        Of options with equal cost, first those below fewer lists, as fewer entities are sent; then those with
        the longest path: for `{ user { address { city } } }`, an `Address` that has a key of its own need not
        be read of its `User` again.
        """
        found: list[tuple[tuple[int, int, int], CandidateFetch]] = []
        for fetch in self._decisions[key].options:
            if fetch.identity in self.fetches.by_identity:
                return [fetch]  # no option is cheaper than one that is fetched anyway
            mark, before = self.fetches.mark(), self.fetches.cost
            stage = self.fetches.add(fetch)
            added = self.fetches.cost - before
            self.fetches.undo(mark)
            if not isinstance(stage, CircularWait):
                rank = (added, fetch.path.count(Each.ITEM), -len(fetch.path))
                found.append((rank, fetch))
        if not found:
            raise FetchGraphError("A field can only be read by fetches that wait for one another")
        return [fetch for _, fetch in sorted(found, key=lambda item: item[0])]

    def reads(self, candidates: list[FieldCandidates]) -> list[ChosenRead]:
        """The chosen path of each field."""
        found: list[ChosenRead] = []
        for each in candidates:
            chosen = self._chosen[_decision_key(each)]
            path = next(path for path in each.paths if path.fetch.identity == chosen)
            found.append(ChosenRead(each, path))
        return found
