"""Turns the text of a document into a prepared operation: parse, validate, normalise, plan, compile; each
once.

Synchronous and costly: the engine runs it on worker threads, never on the event loop. Refusals are
`RequestError`s.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Lock

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    parse,
    print_ast,
    validate,
)

from marquee_foundation.lru import LeastRecentlyUsed
from marquee_router.caching import AnswerPolicies, AnswerPolicy
from marquee_router.engine.duplicate_fields import without_duplicate_fields
from marquee_router.engine.memory_estimate import estimated_bytes
from marquee_router.engine.options import EngineOptions
from marquee_router.errors import (
    DocumentSyntaxError,
    FormattedError,
    LimitExceeded,
    OperationUnplannable,
    OperationUnresolved,
    ValidationFailed,
)
from marquee_router.execution.compiled_plan import CompiledPlan, compile_plan
from marquee_router.execution.denied_fields import deny
from marquee_router.execution.exchange import Exchange
from marquee_router.execution.incremental.incremental_plan import IncrementalPlan, compile_incremental
from marquee_router.execution.introspection import Introspect, Introspection
from marquee_router.execution.variables import Coerce, CoerceVariables, compile_variables
from marquee_router.observability.tracing import PhaseTimes
from marquee_router.planning.deferral import Deferrals, with_defer, without_defer
from marquee_router.planning.errors import PlanningError, TooComplexError
from marquee_router.planning.normalise import normalise
from marquee_router.planning.operation import NormalizedOperation
from marquee_router.planning.plan import OperationKind, QueryPlan, ResponseSelection
from marquee_router.planning.planner import Planner
from marquee_router.stages import Authorizer, OperationGuard, Protected, Pruned, RequestCheck
from marquee_schema.supergraph import Supergraph


@dataclass(frozen=True, slots=True, eq=False)
class PreparedOperation:
    """A valid operation with its plan; immutable, shared by all requests with the same text."""

    kind: OperationKind
    name: str | None
    text: str
    """The document as normalised text: one operation and its fragments; equal texts are one operation."""
    plan: QueryPlan
    compiled: CompiledPlan = field(repr=False)
    coerce: CoerceVariables = field(repr=False)
    normalised: NormalizedOperation | None = field(default=None, repr=False)
    """Kept only when there may be variants."""
    introspect: Introspect | None = field(default=None, repr=False)
    check: RequestCheck | None = field(default=None, repr=False)
    protected: Protected | None = field(default=None, repr=False)
    varies: bool = False
    """Whether something about a request (its requester, labels) can change the plan."""
    weight: int = 0
    """Bytes, estimated."""
    incremental: IncrementalOperation | None = field(default=None, repr=False)
    """How it is answered in parts; None when it has no `@defer` that counts."""
    keeping: AnswerPolicy | None = field(default=None, repr=False)
    """What its answers may be kept; None: nothing."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Those of its answers without errors."""


@dataclass(frozen=True, slots=True, eq=False)
class IncrementalOperation:
    """An operation with deferred fragments, planned so that these can come later."""

    plan: QueryPlan
    compiled: IncrementalPlan
    normalised: NormalizedOperation
    protected: Protected | None = None
    varies: bool = False
    weight: int = 0
    """Both as of the whole operation."""


@dataclass(frozen=True, slots=True)
class VariantKey:
    """What of a request decides which plan of an operation it gets."""

    labels: frozenset[str] = frozenset()
    """The labels of progressive overrides that are on."""
    grant: Hashable = None
    """What the requester may see, as `Protected.key` says; None when nothing is protected."""


class Preparation:
    """Prepares operations for one schema generation, on several threads if need be."""

    def __init__(
        self,
        supergraph: Supergraph,
        exchanges: Mapping[str, Exchange],
        options: EngineOptions,
        guard: OperationGuard | None = None,
        authorizer: Authorizer | None = None,
        policies: AnswerPolicies | None = None,
    ) -> None:
        self._supergraph = supergraph
        self._policies = policies
        self._schema: GraphQLSchema = supergraph.api_schema
        if options.defer:
            self._schema = with_defer(self._schema)
        self._planner = Planner(supergraph, options.planning)
        self._exchanges = exchanges
        self._options = options
        self._guard = guard
        self._authorizer = authorizer
        self._introspection = Introspection(self._schema)
        self._coercers: dict[str, Coerce] = {}
        self._by_normalised_text: LeastRecentlyUsed[str, PreparedOperation] = LeastRecentlyUsed(
            options.documents_cached, options.documents_cached_bytes
        )
        self._one_at_a_time = Lock()
        """Whoever uses that map; what else is remembered may be found twice and is the same."""

    def prepare(
        self,
        text: str,
        operation_name: str | None,
        phases: PhaseTimes | None = None,
        *,
        max_ways: int | None = None,
    ) -> PreparedOperation:
        """The prepared operation of a document; raises `RequestError` when it is refused.

        Raises `TooComplexError` when planning takes more than `max_ways`, if these are given.
        """
        phases = phases or PhaseTimes()
        document = self._parse(text)
        phases.lap("parse")
        if self._guard is not None:
            self._guard.check_document(document)
        document = without_duplicate_fields(document)
        self._validate(document)
        phases.lap("validate")
        operation = _resolve(document, operation_name)
        normalised_text = print_ast(_only(document, operation))
        with self._one_at_a_time:
            known = self._by_normalised_text.get(normalised_text)
        if known is None:
            definitions = tuple(operation.variable_definitions or ())
            coerce = compile_variables(self._schema, definitions, self._coercers)
            known = self._compile(normalised_text, coerce, max_ways)
            with self._one_at_a_time:
                self._by_normalised_text.put(normalised_text, known, known.weight)
        phases.lap("plan")
        return known

    def _parse(self, text: str) -> DocumentNode:
        if self._guard is not None:
            self._guard.check_text(text)
        try:
            return parse(text, max_tokens=self._options.max_tokens)
        except GraphQLSyntaxError as error:
            raise DocumentSyntaxError(
                error.message, errors=_formatted([error], DocumentSyntaxError.code)
            ) from None

    def _validate(self, document: DocumentNode) -> None:
        errors = validate(
            self._schema,
            document,
            max_errors=self._options.max_validation_errors,
            hide_suggestions=not self._options.suggestions,
        )
        if errors:
            raise ValidationFailed(
                "The document is invalid", errors=_formatted(errors, ValidationFailed.code)
            )

    def _compile(self, text: str, coerce: CoerceVariables, max_ways: int | None) -> PreparedOperation:
        """Everything after validation works on the normalised text without locations.

        What stays in the cache would otherwise keep the tokens of the client's whole document alive.
        """
        document = parse(text, no_location=True)
        deferring = document
        if "@defer" in text:
            document = without_defer(document)
        operation = _resolve(document, None)
        name = operation.name.value if operation.name else None
        check = None if self._guard is None else self._guard.check_operation(document, name, self._schema)
        with _planning_refusals(max_ways):
            normalised = normalise(document, name, self._supergraph)
            plan = self._planner.plan_operation(normalised, max_ways=max_ways)
        protected = None if self._authorizer is None else self._authorizer.examine(normalised)
        varies = protected is not None or bool(self._supergraph.override_labels)
        incremental = None if deferring is document else self._compile_incremental(deferring, name, max_ways)
        keeping = None if self._policies is None else self._policies.of(plan)
        return PreparedOperation(
            kind=plan.kind,
            name=name,
            text=text,
            plan=plan,
            compiled=self._compile_plan(plan),
            coerce=coerce,
            normalised=normalised if varies else None,
            introspect=self._introspection.compile(document, operation),
            check=check,
            protected=protected,
            varies=varies,
            weight=estimated_bytes(text, plan.response, kept_normalised=varies)
            + (incremental.weight if incremental is not None else 0),
            incremental=incremental,
            keeping=keeping,
            headers={} if keeping is None else keeping.headers,
        )

    def _compile_incremental(
        self, document: DocumentNode, name: str | None, max_ways: int | None
    ) -> IncrementalOperation | None:
        deferrals = Deferrals()
        with _planning_refusals(max_ways):
            normalised = normalise(document, name, self._supergraph, deferrals=deferrals)
            if not deferrals.found or normalised.kind is OperationKind.SUBSCRIPTION:
                return None
            plan = self._planner.plan_operation(normalised, max_ways=max_ways)
        protected = None if self._authorizer is None else self._authorizer.examine(normalised)
        varies = protected is not None or bool(self._supergraph.override_labels)
        return IncrementalOperation(
            plan=plan,
            compiled=self._compile_parts(plan),
            normalised=normalised,
            protected=protected,
            varies=varies,
            weight=estimated_bytes("", plan.response, kept_normalised=True),
        )

    def incremental_variant(self, incremental: IncrementalOperation, key: VariantKey) -> IncrementalPlan:
        """The plan in parts of an operation under these labels and as far as this grant reaches."""
        plan, errors = self._varied(incremental.plan, incremental.normalised, incremental.protected, key)
        return self._compile_parts(plan, errors)

    def variant(self, prepared: PreparedOperation, key: VariantKey) -> CompiledPlan:
        """The plan of an operation under these labels and as far as this grant reaches."""
        assert prepared.normalised is not None
        plan, errors = self._varied(prepared.plan, prepared.normalised, prepared.protected, key)
        return self._compile_plan(plan, errors)

    def _varied(
        self, whole: QueryPlan, normalised: NormalizedOperation, protected: Protected | None, key: VariantKey
    ) -> tuple[QueryPlan, tuple[FormattedError, ...]]:
        """The plan of what is granted, which answers in the shape of the whole; and what is denied."""
        pruned = Pruned(normalised) if protected is None else protected.prune(key.grant)
        varied, kept = replace(whole, node=None, deferred=()), ResponseSelection({})
        if pruned.operation is not None:
            with _planning_refusals():
                plan = self._planner.plan_operation(pruned.operation, override_labels=key.labels)
            varied, kept = replace(whole, node=plan.node, deferred=plan.deferred), plan.response
        if pruned.errors:
            varied = replace(varied, response=deny(whole.response, kept))
        return varied, pruned.errors

    def _compile_parts(self, plan: QueryPlan, denied: tuple[FormattedError, ...] = ()) -> IncrementalPlan:
        return compile_incremental(
            plan,
            self._schema,
            self._exchanges,
            pass_subgraph_messages=self._options.pass_subgraph_messages,
            denied=denied,
        )

    def _compile_plan(self, plan: QueryPlan, denied: tuple[FormattedError, ...] = ()) -> CompiledPlan:
        return compile_plan(
            plan,
            self._schema,
            self._exchanges,
            pass_subgraph_messages=self._options.pass_subgraph_messages,
            denied=denied,
        )


@contextmanager
def _planning_refusals(max_ways: int | None = None) -> Iterator[None]:
    """The planner's errors as refusals of the request; but when only `max_ways` of it were reached."""
    try:
        yield
    except TooComplexError as error:
        if error.maximum is None:
            raise LimitExceeded(error.message, extensions={"limit": "planning"}) from error
        if error.maximum == max_ways:
            raise
        told = {"limit": "max_planning", "maximum": error.maximum}
        raise LimitExceeded(error.message, extensions=told) from error
    except PlanningError as error:
        raise OperationUnplannable(error.message) from error


def _resolve(document: DocumentNode, operation_name: str | None) -> OperationDefinitionNode:
    """The operation to run (specification 6.1, GetOperation)."""
    operations = [found for found in document.definitions if isinstance(found, OperationDefinitionNode)]
    if operation_name is not None:
        for operation in operations:
            if operation.name is not None and operation.name.value == operation_name:
                return operation
        raise OperationUnresolved(f"Unknown operation named '{operation_name}'.")
    if len(operations) == 1:
        return operations[0]
    if operations:
        raise OperationUnresolved("Must provide operation name if query contains multiple operations.")
    raise OperationUnresolved("Must provide an operation.")


def _only(document: DocumentNode, operation: OperationDefinitionNode) -> DocumentNode:
    """The document without its other operations."""
    fragments = [found for found in document.definitions if isinstance(found, FragmentDefinitionNode)]
    return DocumentNode(definitions=(operation, *fragments))


def _formatted(errors: Iterable[GraphQLError], code: str) -> list[FormattedError]:
    return [{**error.formatted, "extensions": {**(error.extensions or {}), "code": code}} for error in errors]
