"""`Generations`: makes the generations of one app, replaces the current one and closes the former ones.

Owns what belongs to one supergraph and one configuration: schema, planner, plan cache, limits, authorisation
and subgraph access. A generation that fails to be made must leave everything as it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeAlias

from marquee_router.app.server_hooks import ServerHooks
from marquee_router.app.shared_parts import SharedParts
from marquee_router.caching import ObservedExchange
from marquee_router.config.model import RouterConfig
from marquee_router.config.reload import reloaded
from marquee_router.engine import AnswerCaching, Engine, EngineOptions, OperationPolicies, SubgraphAccess
from marquee_router.execution.exchange import Exchange
from marquee_router.execution.subgraph import SubgraphTransport
from marquee_router.instrumentation import OperationHook
from marquee_router.observability.request_log import RequestLog
from marquee_router.planning.planner import PlanningLimits
from marquee_router.security.authorization import FieldAuthorizer
from marquee_router.security.limits import LimitsGuard
from marquee_router.security.persisted_documents import Documents
from marquee_router.transport.generation import Generation
from marquee_router.transport.operation_runner import OperationRunner
from marquee_router.transport.service import GraphQLService
from marquee_schema.supergraph import Supergraph, load_supergraph

EngineFactory: TypeAlias = Callable[[Supergraph], OperationRunner]
"""Makes another engine in place of the router's own."""

RETIREMENT_SECONDS = 1.0
"""Between the last operation of a generation and its end: an operation may be between two stages."""


class Generations:
    """The current generation, and those that operations still run on."""

    def __init__(
        self,
        shared: SharedParts,
        supergraph: Supergraph,
        config: RouterConfig,
        engine_factory: EngineFactory | None,
        hooks: ServerHooks,
    ) -> None:
        """Raises `RouterMisconfigured` if a subgraph has no transport."""
        self._shared = shared
        self._engine_factory = engine_factory
        self._hooks = hooks
        self._documents = Documents(config.persisted_queries, config.trusted_documents)
        self.supergraph = supergraph
        self.current = self._make(supergraph, config, self._documents, 0)
        self._live = [self.current]
        self._lock = asyncio.Lock()
        self._endings: set[asyncio.Task[None]] = set()

    async def replace(
        self, service: GraphQLService, supergraph: Supergraph | str | None, config: RouterConfig | None
    ) -> list[str]:
        """Let `service` run new requests on a new generation; see `RouterApp.reload`."""
        # One reload at a time: two would both be the next generation.
        async with self._lock:
            settings, waiting = self.current.config, list[str]()
            if config is not None:
                settings, waiting = reloaded(settings, config)
            try:
                documents = self._documents.renewed(settings.trusted_documents)
                # Loading and indexing a large graph takes seconds: not on the event loop.
                model, generation = await asyncio.to_thread(
                    self._load,
                    self.supergraph if supergraph is None else supergraph,
                    settings,
                    documents,
                )
                await generation.engine.warm(self.current.engine)
            except BaseException:
                self._shared.metrics.reloaded("refused")
                await self._close_unused_transports()
                raise
            self._live.append(generation)
            self.supergraph, self._documents, self.current = model, documents, generation
            retired = await service.replace(generation)
            self._shared.metrics.reloaded("applied")
            ending = asyncio.create_task(self._end(retired), name="end of a generation")
            self._endings.add(ending)
            ending.add_done_callback(self._endings.discard)
            return waiting

    async def aclose(self) -> None:
        """Close every generation, whether operations run on it or not."""
        for task in self._endings:
            task.cancel()
        for generation in self._live:
            await generation.engine.aclose()

    def _load(
        self, supergraph: Supergraph | str, config: RouterConfig, documents: Documents
    ) -> tuple[Supergraph, Generation]:
        model = load_supergraph(supergraph) if isinstance(supergraph, str) else supergraph
        return model, self._make(model, config, documents, self.current.number + 1)

    def _make(
        self, supergraph: Supergraph, config: RouterConfig, documents: Documents, number: int
    ) -> Generation:
        hooks: tuple[OperationHook, ...] = (self._shared.metrics,)
        if config.logs.requests:
            hooks = (*hooks, RequestLog())
        if self._engine_factory is not None:
            return Generation(self._engine_factory(supergraph), config, hooks=hooks, number=number)
        transports = self._shared.transports.of(supergraph, config.subgraphs)
        engine = Engine(
            supergraph,
            self._subgraph_access(supergraph, config, transports),
            options=_engine_options(config),
            policies=self._policies(supergraph, config, documents),
            preparation_hook=self._shared.metrics.preparation,
        )
        return Generation(engine, config, transports, hooks, number)

    def _subgraph_access(
        self, supergraph: Supergraph, config: RouterConfig, transports: dict[str, SubgraphTransport]
    ) -> SubgraphAccess:
        """The transports, under fed subscription fields, under the cache."""
        fed = self._shared.feeds.over(supergraph, transports, config.http.operation_timeout_seconds)
        exchange = ObservedExchange if config.cache_control.from_subgraphs else Exchange
        exchanges = {name: exchange(name, transport) for name, transport in fed.items()}
        if self._shared.cache is not None:
            exchanges = self._shared.cache.exchanges(supergraph, fed)
        return SubgraphAccess(exchanges, transports, closes_transports=False)

    def _policies(
        self, supergraph: Supergraph, config: RouterConfig, documents: Documents
    ) -> OperationPolicies:
        labels = config.override_labels
        return OperationPolicies(
            documents=documents,
            guard=LimitsGuard(config.limits, supergraph, introspection=config.introspection),
            authorizer=FieldAuthorizer(
                supergraph,
                on_unauthorized=config.authentication.on_unauthorized,
                decide=self._shared.policies,
            ),
            decide_override=lambda label, _: labels.get(label),
        )

    async def _end(self, generation: Generation) -> None:
        """Wait until no operation runs on a former generation, then close what only it used."""
        while not generation.unused.is_set():
            await generation.unused.wait()
            await asyncio.sleep(RETIREMENT_SECONDS)
        async with self._lock:
            self._live.remove(generation)
            await generation.engine.aclose()
            await self._close_unused_transports()
        self._hooks.after_retirement()

    async def _close_unused_transports(self) -> None:
        used = {transport for each in self._live for transport in each.transports.values()}
        await self._shared.transports.keep_only(used)


def _engine_options(config: RouterConfig) -> EngineOptions:
    return EngineOptions(
        timeout_seconds=config.http.operation_timeout_seconds,
        max_tokens=config.limits.max_tokens,
        planning=PlanningLimits(max_ways=config.limits.max_planning),
        pass_subgraph_messages=not config.mask_subgraph_errors,
        suggestions=config.introspection,
        defer=config.defer.enabled,
        answer_caching=AnswerCaching(
            default_max_age_seconds=config.cache_control.default_max_age_seconds,
            from_subgraphs=config.cache_control.from_subgraphs,
            varying_headers=config.headers.propagate,
        ),
    )
