"""The records of prepared operations. They are immutable and shared by all requests for the operation."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

from marquee_router.caching import AnswerPolicy
from marquee_router.execution.compiled_plan import CompiledPlan
from marquee_router.execution.incremental.incremental_plan import IncrementalPlan
from marquee_router.execution.introspection import Introspect
from marquee_router.execution.variables import CoerceVariables
from marquee_router.planning.operation import NormalizedOperation
from marquee_router.planning.plan import OperationKind, QueryPlan
from marquee_router.stages import Protected, RequestCheck


@dataclass(frozen=True, slots=True, eq=False)
class Variation:
    """Why requests for one operation may need different plans, and what these are made from."""

    normalised: NormalizedOperation
    protected: Protected | None
    """The parts that only some requesters may see; None if only override labels vary the plan."""


@dataclass(frozen=True, slots=True)
class VariantKey:
    """What decides which plan of an operation a request gets."""

    labels: frozenset[str] = frozenset()
    """The labels of progressive `@override` that are on."""
    grant: Hashable = None
    """What the requester may see, by `Protected.key`; None if nothing is protected."""


@dataclass(frozen=True, slots=True, eq=False)
class IncrementalOperation:
    """An operation with `@defer`, planned so that the deferred fragments can be delivered later."""

    plan: QueryPlan
    compiled: IncrementalPlan
    variation: Variation | None
    weight: int
    """Bytes, estimated."""


@dataclass(frozen=True, slots=True, eq=False)
class PreparedOperation:
    """A valid operation with its plan."""

    kind: OperationKind
    name: str | None
    text: str
    """The normalised document: one operation and its fragments. Equal texts are one operation."""
    plan: QueryPlan
    compiled: CompiledPlan = field(repr=False)
    coerce: CoerceVariables = field(repr=False)
    introspect: Introspect | None = field(default=None, repr=False)
    check: RequestCheck | None = field(default=None, repr=False)
    variation: Variation | None = field(default=None, repr=False)
    """None if every request gets the same plan."""
    weight: int = 0
    """Bytes, estimated."""
    incremental: IncrementalOperation | None = field(default=None, repr=False)
    """How it is answered in parts; None if it has no `@defer` that takes effect."""
    answer_policy: AnswerPolicy | None = field(default=None, repr=False)
    """How long its answers may be kept; None: never."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The response headers of its answers without errors."""

    @property
    def is_protected(self) -> bool:
        """True if its answer depends on what the requester may see."""
        return self.variation is not None and self.variation.protected is not None

    @property
    def defers(self) -> bool:
        """True if it can be answered in parts."""
        return self.incremental is not None
