"""Runs a plan with `@defer`: a first part, then one for each deferred fragment when its data have arrived.

Owns the order of the parts, what each contains, and which part has which error. No part repeats what an
earlier one had. Knows neither HTTP nor the format of parts: `formats` does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson
from graphql import get_named_type, is_abstract_type

from marquee_router.errors import FormattedError
from marquee_router.execution.conditions import hold
from marquee_router.execution.error_report import VIOLATION_CODE, Explained
from marquee_router.execution.incremental.incremental_plan import IncrementalPlan
from marquee_router.execution.incremental.records import (
    DeliveredFragment,
    PendingFragment,
    ResponsePart,
    Values,
)
from marquee_router.execution.projection import Projector, Violation
from marquee_router.execution.projection.completion import ResponsePath
from marquee_router.execution.state import Execution
from marquee_router.planning.plan import Conditions, Deferral, ResponseField, ResponseSelection


async def response_parts(plan: IncrementalPlan, execution: Execution) -> AsyncGenerator[ResponsePart, None]:
    """Yield the parts of one response: a single one if nothing is deferred, or nothing comes of it."""
    run = _Run(plan, execution)
    try:
        async for part in run.parts():
            yield part
    finally:
        await run.aclose()


@dataclass(frozen=True, slots=True)
class _Object:
    """An object of the response, with what the operation selects of it."""

    selection: ResponseSelection
    type_name: str
    collected: Any
    projected: Any
    path: ResponsePath


class _Run:
    """One response in the making."""

    def __init__(self, plan: IncrementalPlan, execution: Execution) -> None:
        self._plan = plan
        self._execution = execution
        self._tasks: dict[Conditions, asyncio.Task[None]] = {}
        """The fetches of each group."""
        self._waits: set[asyncio.Task[None]] = set()
        self._held: list[tuple[Conditions, FormattedError]] = []
        """Errors that no part has had yet, with the group that they come from."""
        self._started: set[tuple[str, ResponsePath]] = set()
        self._error_paths: list[ResponsePath] = []
        """The paths of all errors, whether a part has had them or not."""
        deferrals = plan.plan.deferrals
        self._deferrals = {each.variable: each for each in deferrals}
        self._everything: Values = {
            **execution.variables,
            **{each.variable: True for each in deferrals},
        }

    async def parts(self) -> AsyncGenerator[ResponsePart, None]:
        variables = self._execution.variables
        # A fragment with `@defer(if: false)` belongs to the first part.
        at_once = {each.variable: not _is_deferred(each, variables) for each in self._deferrals.values()}
        values: Values = {**variables, **at_once}
        for when in self._plan.runs:
            self._ensure(when)
        first = await self._first_part(values)
        yield first
        open_ = self._wait_for(first.announced, values)
        while open_:
            done, _ = await asyncio.wait(open_, return_when=asyncio.FIRST_COMPLETED)
            delivered: list[DeliveredFragment] = []
            announced: list[PendingFragment] = []
            for task in done:
                task.result()
                fragments, within = open_.pop(task)
                now = [self._deliver(fragment, within) for fragment in fragments]
                # A fragment may contain further deferred ones, which are pending from here on.
                found = [pending for each in now for pending in self._pending_within(each, within)]
                delivered += now
                announced += found
                open_ |= self._wait_for(found, within)
            yield ResponsePart(None, [], delivered, announced, has_next=bool(open_))

    async def _first_part(self, values: Values) -> ResponsePart:
        await self._complete(values)
        projected, encoded, violations = _project(self._plan.projector, self._execution.data, values)
        errors = [*self._plan.denied, *self._errors(values, violations, ())]
        response, root = self._plan.plan.response, self._plan.plan.root_type
        pending = list(self._pending(_Object(response, root, self._execution.data, projected, ()), values))
        return ResponsePart(encoded, errors, [], pending, has_next=bool(pending))

    def _wait_for(
        self, fragments: Iterable[PendingFragment], values: Values
    ) -> dict[asyncio.Task[None], tuple[list[PendingFragment], Values]]:
        """A task per deferral that ends when the data of its fragments have arrived."""
        by_deferral: dict[str, list[PendingFragment]] = {}
        for fragment in fragments:
            by_deferral.setdefault(fragment.deferral.variable, []).append(fragment)
        waits: dict[asyncio.Task[None], tuple[list[PendingFragment], Values]] = {}
        for variable, same in by_deferral.items():
            within: Values = {**values, variable: True}
            task = asyncio.create_task(self._complete(within), name="deferred fragment")
            self._waits.add(task)
            waits[task] = (same, within)
        return waits

    async def _complete(self, values: Values) -> None:
        """Wait for all data that are delivered under these values."""
        for when in self._plan.runs:
            if hold(when, values):
                await asyncio.shield(self._ensure(when))

    def _ensure(self, when: Conditions) -> asyncio.Task[None]:
        """The task of a group's fetches, started after those whose data it needs."""
        task = self._tasks.get(when)
        if task is None:
            before = [self._ensure(other) for other in self._plan.after[when] if other in self._plan.runs]
            task = asyncio.create_task(self._fetch(when, before), name="deferred fetches")
            self._tasks[when] = task
        return task

    async def _fetch(self, when: Conditions, before: list[asyncio.Task[None]]) -> None:
        for other in before:
            await asyncio.shield(other)
        # The group has the common data, and failures of its own: they belong to the part with its fields.
        own = Execution(
            self._execution.data,
            self._execution.variables,
            self._execution.context,
            self._execution.timeout_seconds,
            self._execution.header_source,
        )
        await self._plan.runs[when](own)
        own.variables = dict(self._everything)  # error paths lead through deferred fields too
        if own.failures:
            for error in self._plan.reporter.report(own, []):
                self._held.append((when, error))
                self._error_paths.append(tuple(error.get("path", ())))

    def _deliver(self, fragment: PendingFragment, values: Values) -> DeliveredFragment:
        projector = self._plan.projector_of(fragment)
        projected, encoded, violations = _project(projector, fragment.collected, values)
        placed = [replace(each, path=(*fragment.path, *each.path)) for each in violations]
        return DeliveredFragment(fragment, encoded, self._errors(values, placed, fragment.path), projected)

    def _errors(
        self, values: Values, violations: list[Violation], within: ResponsePath
    ) -> list[FormattedError]:
        """The errors of a part at `within`: those that explain its nulls, and that no earlier part had."""
        errors: list[FormattedError] = []
        kept: list[tuple[Conditions, FormattedError]] = []
        for when, error in self._held:
            path = tuple(error.get("path", ()))
            delivered = hold(when, values) and self._is_delivered(path, values)
            elsewhere = len(path) >= len(within) and path[: len(within)] != within
            (errors.append(error) if delivered and not elsewhere else kept.append((when, error)))
        self._held = kept
        explained = Explained(self._error_paths, self._plan.denied)
        errors += (
            {"message": each.message, "path": list(each.path), "extensions": {"code": VIOLATION_CODE}}
            for each in violations
            if not (each.is_null and explained(each.path))
        )
        return errors

    def _is_delivered(self, path: ResponsePath, values: Values) -> bool:
        """True if every field on the path is in the response under these values."""
        selection: ResponseSelection | None = self._plan.plan.response
        for key in path:
            if isinstance(key, str) and selection is not None:
                fields = [
                    each for same in selection.by_type.values() for each in same if each.response_key == key
                ]
                if fields and not any(hold(each.conditions, values) for each in fields):
                    return False
                selection = fields[0].selection if fields else None
        return True

    def _pending_within(self, delivered: DeliveredFragment, values: Values) -> Iterator[PendingFragment]:
        """The fragments that are deferred within a fragment that was just delivered."""
        whole = delivered.fragment
        return self._pending(
            _Object(whole.selection, whole.type_name, whole.collected, delivered.projected, whole.path),
            values,
        )

    def _pending(self, at: _Object, values: Values) -> Iterator[PendingFragment]:
        """The fragments that are deferred in an object or below it, and not delivered under these values."""
        if at.projected.__class__ is not dict or at.collected.__class__ is not dict:
            return
        for here in at.selection.deferred.get(at.type_name, ()):
            known = (here.variable, at.path) in self._started
            if not known and values[here.variable] is not True and hold(here.conditions, values):
                self._started.add((here.variable, at.path))
                deferral = self._deferrals[here.variable]
                yield PendingFragment(deferral, at.path, at.type_name, at.selection, at.collected)
        for item in at.selection.by_type.get(at.type_name, ()):
            below, key = item.selection, item.response_key
            if below is not None and id(below) in self._plan.leading and key in at.projected:
                value = at.collected.get(item.source)
                for found, shown, path in _objects(value, at.projected[key], (*at.path, key)):
                    yield from self._pending(
                        _Object(below, _type_of(item, found), found, shown, path), values
                    )

    async def aclose(self) -> None:
        """Stop the fetches that still run."""
        tasks = [*self._tasks.values(), *self._waits]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _is_deferred(deferral: Deferral, variables: Mapping[str, Any]) -> bool:
    return deferral.condition is None or variables.get(deferral.condition, True) is not False


def _project(
    projector: Projector, collected: dict[str, Any], values: Values
) -> tuple[dict[str, Any] | None, orjson.Fragment, list[Violation]]:
    data, violations = projector.project(collected, values)
    try:
        return data, orjson.Fragment(orjson.dumps(data)), violations
    except TypeError:  # a custom scalar nests more levels than the encoder writes
        data, violations = projector.shallow(collected, values)
        return data, orjson.Fragment(orjson.dumps(data)), violations


def _objects(collected: Any, projected: Any, path: ResponsePath) -> Iterator[tuple[Any, Any, ResponsePath]]:
    """The objects in a field's value, as collected and as projected; lists may contain lists."""
    if projected.__class__ is list and collected.__class__ is list:
        for index, (found, shown) in enumerate(zip(collected, projected, strict=False)):
            yield from _objects(found, shown, (*path, index))
    else:
        yield collected, projected, path


def _type_of(field: ResponseField, found: Any) -> str:
    """The concrete type of an object in this field's value."""
    declared = get_named_type(field.type)
    if is_abstract_type(declared) and found.__class__ is dict:
        return str(found.get("__typename"))
    return declared.name
