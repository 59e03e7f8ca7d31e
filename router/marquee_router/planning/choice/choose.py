"""Third stage: choose one option per unit so that the whole is cheapest.

Owns the cost of a plan and the search for the cheapest, bounded by a budget. A fetch costs far more than a
field, a fetch in a later serial step more than one in an earlier, and fetches of one subgraph in one step
are one. Units with the same options are decided together; those with one option first, so that the others
can share what is needed anyway.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from marquee_router.planning.candidates.candidate import (
    CandidateFetch,
    CandidatePath,
    FetchEntry,
    FetchIdentity,
    FieldCandidates,
)
from marquee_router.planning.errors import FetchGraphError
from marquee_router.planning.plan import Each

_ROOT_COST = 1_000
_STEP_COST = 100_000
_SHARED_COST = 10
"""For an entity list more in an operation that is sent anyway."""
_EXHAUSTIVE_DECISIONS = 40


@dataclass(frozen=True, slots=True, eq=False)
class ChosenFetch:
    """A fetch that will be made: how it is entered, and by which access each thing it needs is read."""

    point: CandidateFetch
    stage: int
    alternative: FetchEntry | None
    providers: tuple[tuple[FieldCandidates, CandidatePath], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """The chosen access of each of the operation's units, and all fetches these take."""

    reads: tuple[tuple[FieldCandidates, CandidatePath], ...]
    fetches: tuple[ChosenFetch, ...]


def choose(units: list[FieldCandidates], budget: int) -> Choice:
    """The cheapest choice found with at most `budget` options tried. Raises `FetchGraphError`."""
    decisions = _decisions(units)
    search = _Search(decisions, budget)
    search.run()
    return Choice(tuple(search.reads(units)), tuple(search.fetches.realised.values()))


@dataclass(slots=True, eq=False)
class _Decision:
    """Units with the same fetches to choose from; existence is decided last, it is nearly always free."""

    options: tuple[CandidateFetch, ...]
    existence: bool


def _decision_key(unit: FieldCandidates) -> tuple[FetchIdentity, ...]:
    return tuple(dict.fromkeys(option.fetch.identity for option in unit.options))


def _decisions(units: list[FieldCandidates]) -> dict[tuple[FetchIdentity, ...], _Decision]:
    found: dict[tuple[FetchIdentity, ...], _Decision] = {}
    for unit in units:
        key = _decision_key(unit)
        existence = unit.field is None
        if key in found:
            found[key].existence = found[key].existence and existence
        else:
            points = {option.fetch.identity: option.fetch for option in reversed(unit.options)}
            found[key] = _Decision(tuple(points[identity] for identity in key), existence)
    ordered = sorted(found.items(), key=lambda item: (item[1].existence, len(item[1].options)))
    return dict(ordered)


@dataclass(frozen=True, slots=True)
class _Outlook:
    """What a fetch would add to the cost of the plan, and its serial step."""

    cost: int
    stage: int

    @property
    def price(self) -> int:
        """Cost, and the delay of whatever waits for it."""
        return self.cost + _STEP_COST * self.stage


_NEVER = _Outlook(_STEP_COST * 10_000, 1_000)


class _Fetches:
    """The fetches of a plan in the making, with their cost; what was added can be taken back."""

    def __init__(self) -> None:
        self.realised: dict[FetchIdentity, ChosenFetch] = {}
        self.cost = 0
        self._operations: dict[tuple[str, int], int] = {}
        self._in_progress: set[FetchIdentity] = set()

    def mark(self) -> int:
        return len(self.realised)

    def undo(self, mark: int) -> None:
        while len(self.realised) > mark:
            _, gone = self.realised.popitem()
            operation = (gone.point.subgraph, gone.stage)
            self._operations[operation] -= 1
            self.cost -= _SHARED_COST if self._operations[operation] else _SHARED_COST + _weight(gone.stage)

    def add(self, point: CandidateFetch) -> int:
        """Make the fetch, and all it needs, part of the plan; returns its serial step."""
        known = self.realised.get(point.identity)
        if known is not None:
            return known.stage
        if point.identity in self._in_progress:
            raise FetchGraphError("A fetch would have to wait for itself")
        if not point.alternatives:
            self._put(ChosenFetch(point, 0, None, ()))
            return 0
        self._in_progress.add(point.identity)
        try:
            alternative = self._cheapest(point.alternatives)
            providers: list[tuple[FieldCandidates, CandidatePath]] = []
            stage = 0
            for unit in sorted(alternative.units, key=lambda unit: len(unit.options)):
                access, at = self._provide(unit)
                providers.append((unit, access))
                stage = max(stage, at)
        finally:
            self._in_progress.discard(point.identity)
        self._put(ChosenFetch(point, stage + 1, alternative, tuple(providers)))
        return stage + 1

    def _put(self, fetch: ChosenFetch) -> None:
        self.realised[fetch.point.identity] = fetch
        operation = (fetch.point.subgraph, fetch.stage)
        count = self._operations.get(operation, 0)
        self._operations[operation] = count + 1
        self.cost += _SHARED_COST if count else _SHARED_COST + _weight(fetch.stage)

    def _cheapest(self, alternatives: list[FetchEntry]) -> FetchEntry:
        if len(alternatives) == 1:
            return alternatives[0]
        memo: dict[FetchIdentity, _Outlook] = {}

        def price(alternative: FetchEntry) -> tuple[int, int]:
            outlook = self._outlook_of(alternative.units, memo)
            return (outlook.cost + _weight(outlook.stage + 1), len(alternative.units))

        return min(alternatives, key=price)

    def _provide(self, unit: FieldCandidates) -> tuple[CandidatePath, int]:
        if len(unit.options) == 1:
            return unit.options[0], self.add(unit.options[0].fetch)
        memo: dict[FetchIdentity, _Outlook] = {}
        ordered = sorted(unit.options, key=lambda access: self._outlook(access.fetch, memo).price)
        mark = self.mark()
        for access in ordered:
            try:
                return access, self.add(access.fetch)
            except FetchGraphError:
                self.undo(mark)
        raise FetchGraphError("What a fetch needs would have to wait for that fetch")

    def _outlook(self, point: CandidateFetch, memo: dict[FetchIdentity, _Outlook]) -> _Outlook:
        """About what adding the fetch would cost now, and the step in which it would run."""
        realised = self.realised.get(point.identity)
        if realised is not None:
            return _Outlook(0, realised.stage)
        known = memo.get(point.identity)
        if known is not None:
            return known
        memo[point.identity] = _NEVER  # while in progress: never by way of itself
        found = _Outlook(0, -1)
        if point.alternatives:
            needs = (self._outlook_of(a.units, memo) for a in point.alternatives)
            found = min(needs, key=lambda outlook: outlook.price)
        stage = found.stage + 1
        shared = self._operations.get((point.subgraph, stage), 0)
        memo[point.identity] = _Outlook(found.cost + (_SHARED_COST if shared else _weight(stage)), stage)
        return memo[point.identity]

    def _outlook_of(self, units: Iterable[FieldCandidates], memo: dict[FetchIdentity, _Outlook]) -> _Outlook:
        needed: dict[FetchIdentity, _Outlook] = {}
        for unit in units:
            best = min(unit.options, key=lambda access: self._outlook(access.fetch, memo).price)
            needed[best.fetch.identity] = self._outlook(best.fetch, memo)
        cost = sum(outlook.cost for outlook in needed.values())
        return _Outlook(cost, max((outlook.stage for outlook in needed.values()), default=0))


class _Search:
    """Depth first, cheapest option first, cut where a complete plan was cheaper; the first dive is greedy."""

    def __init__(self, decisions: dict[tuple[FetchIdentity, ...], _Decision], budget: int) -> None:
        self._decisions = decisions
        self._budget = budget
        self.fetches = _Fetches()
        self._chosen: dict[tuple[FetchIdentity, ...], FetchIdentity] = {}
        self._best: dict[tuple[FetchIdentity, ...], FetchIdentity] | None = None
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
            point = next(p for p in self._decisions[key].options if p.identity == best)
            self._take(key, point)
        for key in tail:
            self._take(key, self._ranked(key)[0][1])

    def _take(self, key: tuple[FetchIdentity, ...], point: CandidateFetch) -> None:
        self.fetches.add(point)
        self._chosen[key] = point.identity

    def _descend(self, keys: list[tuple[FetchIdentity, ...]], index: int) -> None:
        if self._best is not None and self.fetches.cost >= self._best_cost:
            return
        if index == len(keys):
            self._best = dict(self._chosen)
            self._best_cost = self.fetches.cost
            return
        for _, point in self._ranked(keys[index]):
            if self._best is not None:
                self._budget -= 1
                if self._budget < 0:
                    return
            mark = self.fetches.mark()
            self._take(keys[index], point)
            self._descend(keys, index + 1)
            self.fetches.undo(mark)

    def _ranked(self, key: tuple[FetchIdentity, ...]) -> list[tuple[int, CandidateFetch]]:
        """Options by the cost they add to the plan so far; those that cannot be made are left out.

        Of equals, first what is sent of fewer lists, then the nearest: an object that is known by its own key
        need not be read of its parent again.
        """
        found: list[tuple[int, CandidateFetch]] = []
        for point in self._decisions[key].options:
            if point.identity in self.fetches.realised:
                return [(0, point)]  # nothing is cheaper than what is fetched anyway
            mark, before = self.fetches.mark(), self.fetches.cost
            try:
                self.fetches.add(point)
            except FetchGraphError:
                continue
            finally:
                added = self.fetches.cost - before
                self.fetches.undo(mark)
            found.append((added, point))
        if not found:
            raise FetchGraphError("A field can only be read by fetches that wait for one another")
        return sorted(found, key=lambda item: (item[0], item[1].path.count(Each.ITEM), -len(item[1].path)))

    def reads(self, units: list[FieldCandidates]) -> list[tuple[FieldCandidates, CandidatePath]]:
        """The chosen access of each unit."""
        found: list[tuple[FieldCandidates, CandidatePath]] = []
        for unit in units:
            chosen = self._chosen[_decision_key(unit)]
            found.append((unit, next(a for a in unit.options if a.fetch.identity == chosen)))
        return found


def _weight(stage: int) -> int:
    return _ROOT_COST if stage == 0 else _STEP_COST * stage
