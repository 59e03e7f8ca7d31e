"""Turns a document into a prepared operation: parse, validate, normalise, plan and compile, each once.

It is synchronous and takes milliseconds, so the engine runs it on worker threads, never on the event loop.
Every refusal is a `RequestError`.
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock

from graphql import DocumentNode, GraphQLSchema, GraphQLSyntaxError, parse, print_ast, validate

from marquee_foundation.lru import LeastRecentlyUsed
from marquee_router.caching import AnswerPolicies
from marquee_router.engine.documents import formatted_errors, get_operation, without_other_operations
from marquee_router.engine.duplicate_fields import without_duplicate_fields
from marquee_router.engine.memory_estimate import estimated_bytes
from marquee_router.engine.operations import IncrementalOperation, PreparedOperation, Variation
from marquee_router.engine.options import EngineOptions
from marquee_router.engine.plan_compiler import PlanCompiler, planning_refusals
from marquee_router.engine.policies import OperationPolicies
from marquee_router.errors import DocumentSyntaxError, ValidationFailed
from marquee_router.execution.exchange import Exchange
from marquee_router.execution.introspection import Introspection
from marquee_router.execution.variables import Coerce, CoerceVariables, compile_variables
from marquee_router.instrumentation import PhaseTimes
from marquee_router.planning.deferral import Deferrals, with_defer, without_defer
from marquee_router.planning.normalise import normalise
from marquee_router.planning.operation import NormalizedOperation
from marquee_router.planning.plan import OperationKind
from marquee_router.planning.planner import Planner
from marquee_schema.supergraph import Supergraph


class Preparation:
    """Prepares operations on one supergraph. Safe to use on several threads."""

    def __init__(
        self,
        supergraph: Supergraph,
        exchanges: Mapping[str, Exchange],
        options: EngineOptions,
        policies: OperationPolicies | None = None,
    ) -> None:
        """Raises nothing; a subgraph without exchange is reported when an operation needs it."""
        self._supergraph = supergraph
        self._options = options
        self._policies = policies or OperationPolicies()
        self._schema: GraphQLSchema = supergraph.api_schema
        if options.defer:
            self._schema = with_defer(self._schema)
        self.compiler = PlanCompiler(
            Planner(supergraph, options.planning),
            self._schema,
            exchanges,
            pass_subgraph_messages=options.pass_subgraph_messages,
        )
        self._answer_policies = AnswerPolicies(
            supergraph,
            default_max_age=options.answer_caching.default_max_age_seconds,
            varying=options.answer_caching.varying_headers,
        )
        self._introspection = Introspection(self._schema)
        self._coercers: dict[str, Coerce] = {}
        # Two texts that differ in white space or in other operations are one operation: this finds it.
        self._by_normalised_text: LeastRecentlyUsed[str, PreparedOperation] = LeastRecentlyUsed(
            options.documents_cached, options.documents_cached_bytes
        )
        # Guards that map only. The other caches may compute a value twice: both results are equal.
        self._lock = Lock()

    def prepare(
        self,
        text: str,
        operation_name: str | None,
        phases: PhaseTimes | None = None,
        *,
        max_ways: int | None = None,
    ) -> PreparedOperation:
        """Return the prepared operation of a document; raises `RequestError` if it is refused.

        Raises `TooComplexError` if planning looks at more than `max_ways` ways through the subgraphs.
        """
        phases = phases or PhaseTimes()
        document = self._parse(text)
        phases.end("parse")
        document = self._checked(document)
        phases.end("validate")
        operation = get_operation(document, operation_name)
        normalised_text = print_ast(without_other_operations(document, operation))
        with self._lock:
            known = self._by_normalised_text.get(normalised_text)
        if known is None:
            definitions = tuple(operation.variable_definitions or ())
            coerce = compile_variables(self._schema, definitions, self._coercers)
            known = self._compile(normalised_text, coerce, max_ways)
            with self._lock:
                self._by_normalised_text.put(normalised_text, known, known.weight)
        phases.end("plan")
        return known

    def _parse(self, text: str) -> DocumentNode:
        if self._policies.guard is not None:
            self._policies.guard.check_text(text)
        try:
            return parse(text, max_tokens=self._options.max_tokens)
        except GraphQLSyntaxError as error:
            raise DocumentSyntaxError(
                error.message, errors=formatted_errors([error], DocumentSyntaxError.code)
            ) from None

    def _checked(self, document: DocumentNode) -> DocumentNode:
        """The document within the limits, without duplicate fields, and valid."""
        # Limits first: to validate a hostile document can take very long.
        if self._policies.guard is not None:
            self._policies.guard.check_document(document)
        document = without_duplicate_fields(document)
        errors = validate(
            self._schema,
            document,
            max_errors=self._options.max_validation_errors,
            hide_suggestions=not self._options.suggestions,
        )
        if errors:
            raise ValidationFailed(
                "The document is invalid", errors=formatted_errors(errors, ValidationFailed.code)
            )
        return document

    def _compile(self, text: str, coerce: CoerceVariables, max_ways: int | None) -> PreparedOperation:
        """Plan and compile the normalised text.

        The text is parsed again without locations: a node of the client's document would keep all of its
        tokens alive for as long as the operation is in the cache.
        """
        deferring = parse(text, no_location=True)
        document = without_defer(deferring) if "@defer" in text else deferring
        operation = get_operation(document, None)
        name = operation.name.value if operation.name else None
        guard = self._policies.guard
        check = None if guard is None else guard.check_operation(document, name, self._schema)
        with planning_refusals(max_ways):
            normalised = normalise(document, name, self._supergraph)
            plan = self.compiler.plan(normalised, max_ways)
        variation = self._variation(normalised)
        incremental = None
        if document is not deferring:
            incremental = self._compile_incremental(deferring, name, max_ways)
        answer_policy = self._answer_policies.of(plan)
        weight = estimated_bytes(text, plan.response, kept_normalised=variation is not None)
        return PreparedOperation(
            kind=plan.kind,
            name=name,
            text=text,
            plan=plan,
            compiled=self.compiler.compile(plan),
            coerce=coerce,
            introspect=self._introspection.compile(document, operation),
            check=check,
            variation=variation,
            weight=weight + (incremental.weight if incremental is not None else 0),
            incremental=incremental,
            answer_policy=answer_policy,
            headers={} if answer_policy is None else answer_policy.headers,
        )

    def _compile_incremental(
        self, document: DocumentNode, name: str | None, max_ways: int | None
    ) -> IncrementalOperation | None:
        """The operation planned with its `@defer`; None if none of them takes effect."""
        deferrals = Deferrals()
        with planning_refusals(max_ways):
            normalised = normalise(document, name, self._supergraph, deferrals=deferrals)
            if not deferrals.found or normalised.kind is OperationKind.SUBSCRIPTION:
                return None
            plan = self.compiler.plan(normalised, max_ways)
        return IncrementalOperation(
            plan=plan,
            compiled=self.compiler.compile_incremental(plan),
            variation=self._variation(normalised),
            weight=estimated_bytes("", plan.response, kept_normalised=True),
        )

    def _variation(self, normalised: NormalizedOperation) -> Variation | None:
        authorizer = self._policies.authorizer
        protected = None if authorizer is None else authorizer.examine(normalised)
        if protected is None and not self._supergraph.override_labels:
            return None
        return Variation(normalised, protected)
