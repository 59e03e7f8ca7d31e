"""Runs an operation with `@defer`: a first answer, then one for each deferred fragment as its data come in.

Owns the order of the parts, what is in each, and which error goes with which. Each part has only what the
parts before it did not have. Knows neither HTTP nor the format of the parts: `execution.parts` does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import orjson
from graphql import GraphQLSchema, get_named_type, is_abstract_type

from marquee_router.errors import FormattedError
from marquee_router.execution.compiled_plan import Begin, Run, compile_nodes
from marquee_router.execution.conditions import hold
from marquee_router.execution.error_report import VIOLATION_CODE, Explained, Reporter
from marquee_router.execution.exchange import Exchange
from marquee_router.execution.projection import Projector, Violation
from marquee_router.execution.projection.completion import ResponsePath
from marquee_router.execution.state import Execution
from marquee_router.planning.plan import (
    Conditions,
    Deferral,
    DeferredFetches,
    OperationKind,
    QueryPlan,
    ResponseField,
    ResponseSelection,
)

Values: TypeAlias = Mapping[str, Any]
"""The client's variables and, by the names of deferrals, whether each is delivered."""


@dataclass(frozen=True, slots=True)
class Start:
    """One object of the answer in which a deferred fragment stands."""

    deferral: Deferral
    path: ResponsePath
    type_name: str
    selection: ResponseSelection
    collected: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a deferred fragment adds to one object: encoded, and as it is; null when a null reached it."""

    start: Start
    data: orjson.Fragment
    errors: list[FormattedError]
    projected: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the answer."""

    data: orjson.Fragment | None
    """Of the first part only."""
    errors: list[FormattedError]
    delivered: list[Delivered]
    announced: list[Start]
    """Fragments that will be delivered, known since this part."""
    has_next: bool


@dataclass(frozen=True, slots=True)
class IncrementalPlan:
    """A plan with deferred fragments, ready to run any number of times at once."""

    plan: QueryPlan
    schema: GraphQLSchema
    projector: Projector
    reporter: Reporter
    runs: Mapping[Conditions, Run]
    after: Mapping[Conditions, tuple[Conditions, ...]]
    denied: tuple[FormattedError, ...]
    leading: frozenset[int]
    """Selections, by identity, in or below which some fragment is deferred."""
    projectors: dict[tuple[int, str, str], Projector] = field(default_factory=dict)
    """Of parts: by selection, object type and deferral. Filled as they are needed."""

    async def parts(self, begin: Begin) -> AsyncGenerator[Part, None]:
        """The parts of one answer: one only, when nothing is put off or nothing comes of it."""
        run = _Run(self, begin())
        try:
            async for part in run.parts():
                yield part
        finally:
            await run.aclose()

    def projector_of(self, start: Start) -> Projector:
        """What shapes the fields that the fragment adds to such an object."""
        key = (id(start.selection), start.type_name, start.deferral.variable)
        found = self.projectors.get(key)
        if found is None:
            fields = start.selection.by_type.get(start.type_name, ())
            selection = ResponseSelection({start.type_name: _Added(start.deferral.variable).of(fields)})
            found = self.projectors[key] = Projector(selection, start.type_name, self.schema)
        return found


def compile_incremental(
    plan: QueryPlan,
    schema: GraphQLSchema,
    exchanges: Mapping[str, Exchange],
    *,
    pass_subgraph_messages: bool = True,
    denied: tuple[FormattedError, ...] = (),
) -> IncrementalPlan:
    """Compile a plan that has deferrals; raises `RouterMisconfigured` when a subgraph has no transport."""
    groups = (DeferredFetches((), plan.node), *plan.deferred) if plan.node is not None else plan.deferred
    runs = compile_nodes(
        [group.node for group in groups], schema, exchanges, fresh=plan.kind is not OperationKind.QUERY
    )
    leading: set[int] = set()
    _leads(plan.response, leading, {})
    return IncrementalPlan(
        plan=plan,
        schema=schema,
        projector=Projector(plan.response, plan.root_type, schema),
        reporter=Reporter(plan.response, plan.root_type, pass_messages=pass_subgraph_messages),
        runs={group.when: run for group, run in zip(groups, runs, strict=True)},
        after={group.when: group.after for group in groups},
        denied=denied,
        leading=frozenset(leading),
    )


class _Run:
    """One answer in the making."""

    def __init__(self, plan: IncrementalPlan, execution: Execution) -> None:
        self._plan = plan
        self._execution = execution
        self._variables = execution.variables
        self._tasks: dict[Conditions, asyncio.Task[None]] = {}
        self._waits: set[asyncio.Task[None]] = set()
        self._held: list[tuple[Conditions, FormattedError]] = []
        self._started: set[tuple[str, ResponsePath]] = set()
        self._places: list[ResponsePath] = []
        """Where errors stand, told or not yet."""
        deferrals = plan.plan.deferrals
        self._deferrals = {each.variable: each for each in deferrals}
        self._everything: Values = {**self._variables, **{each.variable: True for each in deferrals}}

    async def parts(self) -> AsyncGenerator[Part, None]:
        at_once = {each.variable: not _is_put_off(each, self._variables) for each in self._deferrals.values()}
        values: Values = {**self._variables, **at_once}
        for when in self._plan.runs:
            self._ensure(when)
        await self._complete(values)
        projected, encoded, violations = _project(self._plan.projector, self._execution.data, values)
        errors = [*self._plan.denied, *self._errors(values, violations, ())]
        response, root = self._plan.plan.response, self._plan.plan.root_type
        starts = list(self._starts(response, root, self._execution.data, projected, (), values))
        yield Part(encoded, errors, [], starts, has_next=bool(starts))
        open_ = self._wait_for(starts, values)
        while open_:
            done, _ = await asyncio.wait(open_, return_when=asyncio.FIRST_COMPLETED)
            delivered: list[Delivered] = []
            announced: list[Start] = []
            for task in done:
                task.result()
                here, within = open_.pop(task)
                delivered += [self._deliver(start, within) for start in here]
                found = [start for each in delivered[-len(here) :] for start in self._within(each, within)]
                announced += found
                open_ |= self._wait_for(found, within)
            yield Part(None, [], delivered, announced, has_next=bool(open_))

    def _wait_for(
        self, starts: Iterable[Start], values: Values
    ) -> dict[asyncio.Task[None], tuple[list[Start], Values]]:
        """A task per deferral that ends when what it needs is in."""
        grouped: dict[str, list[Start]] = {}
        for start in starts:
            grouped.setdefault(start.deferral.variable, []).append(start)
        waits: dict[asyncio.Task[None], tuple[list[Start], Values]] = {}
        for variable, same in grouped.items():
            within: Values = {**values, variable: True}
            task = asyncio.create_task(self._complete(within), name="deferred fragment")
            self._waits.add(task)
            waits[task] = (same, within)
        return waits

    async def _complete(self, values: Values) -> None:
        """Wait for all that is needed under these values."""
        for when in self._plan.runs:
            if hold(when, values):
                await asyncio.shield(self._ensure(when))

    def _ensure(self, when: Conditions) -> asyncio.Task[None]:
        task = self._tasks.get(when)
        if task is None:
            before = [self._ensure(other) for other in self._plan.after[when] if other in self._plan.runs]
            task = asyncio.create_task(self._fetch(when, before), name="deferred fetches")
            self._tasks[when] = task
        return task

    async def _fetch(self, when: Conditions, before: list[asyncio.Task[None]]) -> None:
        for other in before:
            await asyncio.shield(other)
        own = Execution(
            self._execution.data,
            self._execution.variables,
            self._execution.context,
            self._execution.timeout_seconds,
            self._execution.header_source,
        )
        await self._plan.runs[when](own)
        own.variables = dict(self._everything)  # paths lead through deferred fields too
        if own.failures:
            for error in self._plan.reporter.report(own, []):
                self._held.append((when, error))
                self._places.append(tuple(error.get("path", ())))

    def _deliver(self, start: Start, values: Values) -> Delivered:
        projector = self._plan.projector_of(start)
        projected, encoded, violations = _project(projector, start.collected, values)
        placed = [replace(violation, path=(*start.path, *violation.path)) for violation in violations]
        errors = self._errors(values, placed, start.path)
        return Delivered(start, encoded, errors, projected)

    def _within(self, delivered: Delivered, values: Values) -> Iterator[Start]:
        """Fragments that are deferred within what was just delivered."""
        start = delivered.start
        return self._starts(
            start.selection, start.type_name, start.collected, delivered.projected, start.path, values
        )

    def _errors(
        self, values: Values, violations: list[Violation], within: ResponsePath
    ) -> list[FormattedError]:
        """The errors of a part: what it shows nulls for, and was not told before."""
        told: list[FormattedError] = []
        kept: list[tuple[Conditions, FormattedError]] = []
        for when, error in self._held:
            path = tuple(error.get("path", ()))
            ours = hold(when, values) and self._is_shown(path, values)
            apart = len(path) >= len(within) and path[: len(within)] != within
            (kept.append((when, error)) if not ours or apart else told.append(error))
        self._held = kept
        explained = Explained(self._places, self._plan.denied)
        told += (
            {"message": each.message, "path": list(each.path), "extensions": {"code": VIOLATION_CODE}}
            for each in violations
            if not (each.is_null and explained(each.path))
        )
        return told

    def _is_shown(self, path: ResponsePath, values: Values) -> bool:
        """Whether all fields on the path are in the answer so far."""
        selection: ResponseSelection | None = self._plan.plan.response
        for key in path:
            if isinstance(key, str) and selection is not None:
                fields = [
                    field
                    for same in selection.by_type.values()
                    for field in same
                    if field.response_key == key
                ]
                if fields and not any(hold(field.conditions, values) for field in fields):
                    return False
                selection = fields[0].selection if fields else None
        return True

    def _starts(
        self,
        selection: ResponseSelection,
        type_name: str,
        collected: Any,
        projected: Any,
        path: ResponsePath,
        values: Values,
    ) -> Iterator[Start]:
        """Fragments that are deferred in an object or below it, and not delivered under these values."""
        if projected.__class__ is not dict or collected.__class__ is not dict:
            return
        for here in selection.deferred.get(type_name, ()):
            known = (here.variable, path) in self._started
            if not known and values[here.variable] is not True and hold(here.conditions, values):
                self._started.add((here.variable, path))
                yield Start(self._deferrals[here.variable], path, type_name, selection, collected)
        for item in selection.by_type.get(type_name, ()):
            below = item.selection
            if below is not None and id(below) in self._plan.leading and item.response_key in projected:
                value, shown = collected.get(item.source), projected[item.response_key]
                for found, seen, place in _objects(value, shown, (*path, item.response_key)):
                    yield from self._starts(below, _type_of(item, found), found, seen, place, values)

    async def aclose(self) -> None:
        """Stop whatever still runs."""
        tasks = [*self._tasks.values(), *self._waits]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _is_put_off(deferral: Deferral, variables: Mapping[str, Any]) -> bool:
    return deferral.condition is None or variables.get(deferral.condition, True) is not False


def _project(
    projector: Projector, collected: dict[str, Any], values: Values
) -> tuple[dict[str, Any] | None, orjson.Fragment, list[Violation]]:
    data, violations = projector.project(collected, values)
    try:
        return data, orjson.Fragment(orjson.dumps(data)), violations
    except TypeError:  # the encoder refuses what nests too deeply
        data, violations = projector.shallow(collected, values)
        return data, orjson.Fragment(orjson.dumps(data)), violations


def _objects(collected: Any, projected: Any, path: ResponsePath) -> Iterator[tuple[Any, Any, ResponsePath]]:
    """The objects of a field's value, in lists of lists too."""
    if projected.__class__ is list and collected.__class__ is list:
        for index, (found, shown) in enumerate(zip(collected, projected, strict=False)):
            yield from _objects(found, shown, (*path, index))
    else:
        yield collected, projected, path


def _type_of(field: ResponseField, found: Any) -> str:
    declared = get_named_type(field.type)
    if is_abstract_type(declared) and found.__class__ is dict:
        return str(found.get("__typename"))
    return declared.name


class _Added:
    """The fields that one deferral adds: those it brings, and those below which it brings some."""

    def __init__(self, variable: str) -> None:
        self._variable = variable
        self._fields: dict[int, tuple[ResponseField, ...]] = {}
        self._selections: dict[int, ResponseSelection] = {}

    def of(self, fields: tuple[ResponseField, ...]) -> tuple[ResponseField, ...]:
        """Those of the fields, without what was delivered before. Selections may be shared graphs."""
        known = self._fields.get(id(fields))
        if known is None:
            added = (self._field(each) for each in fields)
            known = self._fields[id(fields)] = tuple(each for each in added if each is not None)
        return known

    def _field(self, whole: ResponseField) -> ResponseField | None:
        if any(term.variable == self._variable for conjunction in whole.conditions for term in conjunction):
            return _placed(whole, whole.selection)
        if whole.selection is None:
            return None
        below = self._selections.get(id(whole.selection))
        if below is None:
            below = ResponseSelection(
                {name: self.of(fields) for name, fields in whole.selection.by_type.items()}
            )
            self._selections[id(whole.selection)] = below
        return _placed(whole, below) if any(below.by_type.values()) else None


def _placed(whole: ResponseField, selection: ResponseSelection | None) -> ResponseField:
    """The field with another selection; its place among fields that are not here does not matter."""
    return ResponseField(
        response_key=whole.response_key,
        source=whole.source,
        name=whole.name,
        type=whole.type,
        selection=selection,
        conditions=whole.conditions,
    )


def _leads(selection: ResponseSelection, leading: set[int], known: dict[int, bool]) -> bool:
    """Whether a fragment is deferred in or below the selection; notes which selections lead to one."""
    found = known.get(id(selection))
    if found is None:
        known[id(selection)] = found = bool(selection.deferred)
        below = {id(f.selection): f.selection for fields in selection.by_type.values() for f in fields}
        for each in below.values():
            if each is not None and _leads(each, leading, known):
                found = True
        known[id(selection)] = found
        if found:
            leading.add(id(selection))
    return found
