"""The fetches of a plan in the making, and what it costs. Owns the cost model.

A fetch costs far more than a field, a fetch in a later serial step more than one in an earlier step, and
fetches from one subgraph in the same step are one operation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from marquee_router.planning.candidates.candidate import (
    CandidateFetch,
    CandidatePath,
    FetchEntry,
    FetchIdentity,
    FieldCandidates,
)

_ROOT_COST = 1_000
_STEP_COST = 100_000
_SHARED_COST = 10
"""For one more list of entities in an operation that is sent anyway."""


class ChosenRead(NamedTuple):
    """A field, and the candidate path on which it is read."""

    candidates: FieldCandidates
    path: CandidatePath


@dataclass(frozen=True, slots=True, eq=False)
class ChosenFetch:
    """A fetch that will be made: how it is entered, and on which candidate path each input is read."""

    candidate: CandidateFetch
    stage: int
    """The serial step in which it runs."""
    entry: FetchEntry | None
    inputs: tuple[ChosenRead, ...]


@dataclass(frozen=True, slots=True)
class CircularWait:
    """A fetch that cannot be made, as it would have to wait for itself."""

    reason: str


@dataclass(frozen=True, slots=True)
class _Estimate:
    """What a fetch would add to the cost of the plan, and its serial step."""

    cost: int
    stage: int

    @property
    def price(self) -> int:
        """The cost, and the delay of all fetches that wait for it."""
        return self.cost + _STEP_COST * self.stage


_NEVER = _Estimate(_STEP_COST * 10_000, 1_000)


class ChosenFetches:
    """Adds fetches with all that they need, and keeps the cost; what was added last can be taken back."""

    def __init__(self) -> None:
        self.by_identity: dict[FetchIdentity, ChosenFetch] = {}
        self.cost = 0
        self._operations: dict[tuple[str, int], int] = {}
        """Number of fetches for each operation, by its subgraph and serial step."""
        self._in_progress: set[FetchIdentity] = set()

    def mark(self) -> int:
        """The present state, for `undo`."""
        return len(self.by_identity)

    def undo(self, mark: int) -> None:
        """Take back all that was added since the mark."""
        # A dict keeps the order of insertion: what was added last is at its end.
        while len(self.by_identity) > mark:
            _, gone = self.by_identity.popitem()
            operation = (gone.candidate.subgraph, gone.stage)
            self._operations[operation] -= 1
            self.cost -= _SHARED_COST if self._operations[operation] else _SHARED_COST + _weight(gone.stage)

    def add(self, fetch: CandidateFetch) -> int | CircularWait:
        """Make the fetch, and all that it needs, part of the plan. Returns its serial step.

        After a `CircularWait` the caller must `undo`: a part of what the fetch needs may have been added.
        """
        known = self.by_identity.get(fetch.identity)
        if known is not None:
            return known.stage
        if fetch.identity in self._in_progress:
            return CircularWait("A fetch would have to wait for itself")
        if not fetch.entries:
            self._put(ChosenFetch(fetch, 0, None, ()))
            return 0
        self._in_progress.add(fetch.identity)
        chosen = self._with_inputs(fetch)
        self._in_progress.discard(fetch.identity)
        if isinstance(chosen, CircularWait):
            return chosen
        self._put(chosen)
        return chosen.stage

    def _with_inputs(self, fetch: CandidateFetch) -> ChosenFetch | CircularWait:
        """The fetch by its cheapest entry; all that the entry needs is added."""
        entry = self._cheapest(fetch.entries)
        inputs: list[ChosenRead] = []
        latest = 0
        # Inputs without a choice come first: the others can then share the fetches that these take.
        for candidates in sorted(entry.inputs, key=lambda each: len(each.paths)):
            read = self._read(candidates)
            if isinstance(read, CircularWait):
                return read
            path, stage = read
            inputs.append(ChosenRead(candidates, path))
            latest = max(latest, stage)
        return ChosenFetch(fetch, latest + 1, entry, tuple(inputs))

    def _put(self, fetch: ChosenFetch) -> None:
        self.by_identity[fetch.candidate.identity] = fetch
        operation = (fetch.candidate.subgraph, fetch.stage)
        count = self._operations.get(operation, 0)
        self._operations[operation] = count + 1
        # A second fetch from the subgraph in the same step joins the operation of the first one.
        self.cost += _SHARED_COST if count else _SHARED_COST + _weight(fetch.stage)

    def _cheapest(self, entries: list[FetchEntry]) -> FetchEntry:
        if len(entries) == 1:
            return entries[0]
        estimates: dict[FetchIdentity, _Estimate] = {}

        def price(entry: FetchEntry) -> tuple[int, int]:
            estimate = self._estimate_all(entry.inputs, estimates)
            return (estimate.cost + _weight(estimate.stage + 1), len(entry.inputs))

        return min(entries, key=price)

    def _read(self, candidates: FieldCandidates) -> tuple[CandidatePath, int] | CircularWait:
        """Add the fetch of the cheapest path that does not lead back; returns the path and its step."""
        if len(candidates.paths) == 1:
            (path,) = candidates.paths
            stage = self.add(path.fetch)
            return stage if isinstance(stage, CircularWait) else (path, stage)
        estimates: dict[FetchIdentity, _Estimate] = {}
        ordered = sorted(candidates.paths, key=lambda path: self._estimate(path.fetch, estimates).price)
        mark = self.mark()
        for path in ordered:
            stage = self.add(path.fetch)
            if not isinstance(stage, CircularWait):
                return path, stage
            self.undo(mark)
        return CircularWait("What a fetch needs would have to wait for that fetch")

    def _estimate(self, fetch: CandidateFetch, known: dict[FetchIdentity, _Estimate]) -> _Estimate:
        """About what adding the fetch would cost now, and the step in which it would run."""
        chosen = self.by_identity.get(fetch.identity)
        if chosen is not None:
            return _Estimate(0, chosen.stage)
        remembered = known.get(fetch.identity)
        if remembered is not None:
            return remembered
        known[fetch.identity] = _NEVER  # while it is in progress: no fetch is ever estimated by way of itself
        found = _Estimate(0, -1)
        if fetch.entries:
            needs = (self._estimate_all(entry.inputs, known) for entry in fetch.entries)
            found = min(needs, key=lambda estimate: estimate.price)
        stage = found.stage + 1
        shared = self._operations.get((fetch.subgraph, stage), 0)
        known[fetch.identity] = _Estimate(found.cost + (_SHARED_COST if shared else _weight(stage)), stage)
        return known[fetch.identity]

    def _estimate_all(
        self, inputs: Iterable[FieldCandidates], known: dict[FetchIdentity, _Estimate]
    ) -> _Estimate:
        needed: dict[FetchIdentity, _Estimate] = {}
        for candidates in inputs:
            best = min(candidates.paths, key=lambda path: self._estimate(path.fetch, known).price)
            needed[best.fetch.identity] = self._estimate(best.fetch, known)
        cost = sum(estimate.cost for estimate in needed.values())
        return _Estimate(cost, max((estimate.stage for estimate in needed.values()), default=0))


def _weight(stage: int) -> int:
    """The cost of one operation in a serial step."""
    return _ROOT_COST if stage == 0 else _STEP_COST * stage
