"""`PlanVariants`: the plans of operations that depend on the request: on its requester's rights, and on the
labels of progressive `@override`.

Example: `{ me { name salary } }` with `salary: Int @requiresScopes(scopes: [["hr"]])` has two plans, one for
requesters with the scope `hr` and one for the others.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any, Protocol, TypeAlias, TypeVar, cast

from marquee_foundation.lru import LeastRecentlyUsed
from marquee_router.engine.operations import IncrementalOperation, PreparedOperation, VariantKey, Variation
from marquee_router.engine.options import EngineOptions
from marquee_router.engine.workers import Workers
from marquee_router.planning.override import enabled_labels
from marquee_router.request import RequestContext
from marquee_router.stages import OverrideDecision

Plan = TypeVar("Plan", covariant=True)
_Name: TypeAlias = tuple[PreparedOperation | IncrementalOperation, VariantKey]
"""Operations are compared by identity."""


class Variable(Protocol[Plan]):
    """An operation whose plan may depend on the request."""

    @property
    def compiled(self) -> Plan:
        """The plan when nothing is protected and no label is on."""
        ...

    @property
    def variation(self) -> Variation | None: ...

    @property
    def weight(self) -> int: ...


class PlanVariants:
    """The variants of all operations of one engine; each is planned once, on a worker."""

    def __init__(
        self,
        labels: frozenset[str],
        decide_override: OverrideDecision | None,
        options: EngineOptions,
        workers: Workers,
    ) -> None:
        """`labels` are all that the supergraph has."""
        self._labels = labels
        self._decide = decide_override
        self._workers = workers
        self._plans: LeastRecentlyUsed[_Name, object] = LeastRecentlyUsed(
            options.variants_cached, options.documents_cached_bytes
        )
        self._under_way: dict[_Name, asyncio.Future[Any]] = {}

    @property
    def bytes(self) -> int:
        """The estimated size of all variants that are kept."""
        return self._plans.bytes

    async def plan_for(
        self,
        operation: Variable[Plan],
        context: RequestContext,
        compile_variant: Callable[[Any, VariantKey], Plan],
    ) -> Plan:
        """The plan of `operation` for this request. `compile_variant` runs on a worker."""
        variation = operation.variation
        assert variation is not None
        labels, protected = self._labels_on(context), variation.protected
        if not labels and protected is None:  # labels exist, and none is on for this request
            return operation.compiled
        key = VariantKey(labels, None if protected is None else await protected.key(context))
        name = cast("_Name", (operation, key))
        known = self._plans.get(name)
        if known is None:
            known = await self._compile_once(name, operation.weight, compile_variant)
            self._plans.put(name, known, operation.weight)
        return cast("Plan", known)

    async def _compile_once(
        self, name: _Name, weight: int, compile_variant: Callable[[Any, VariantKey], Plan]
    ) -> Plan:
        future = self._under_way.get(name)
        if future is None:
            future = asyncio.get_running_loop().run_in_executor(
                self._workers.for_operation(weight), compile_variant, *name
            )
            self._under_way[name] = future
            future.add_done_callback(lambda _: self._under_way.pop(name, None))
        return cast("Plan", await asyncio.shield(future))

    def _labels_on(self, context: RequestContext) -> frozenset[str]:
        """The labels that are on for this request."""
        decide = self._decide
        if not self._labels:
            return self._labels
        return enabled_labels(
            self._labels, _draw, None if decide is None else lambda label: decide(label, context)
        )


def _draw() -> float:
    return random.uniform(0, 100)  # noqa: S311 a share of traffic, not a secret
