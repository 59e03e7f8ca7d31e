"""`Subscriptions`: the subscriptions of all clients, and which of them share one upstream.

Owns what must be equal for sharing, and that a subscription never outlives its token or its schema.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable

import orjson

from marquee_router.config.model import Subscriptions as SubscriptionSettings
from marquee_router.errors import LimitExceeded, RequestError
from marquee_router.request import RequestContext, Response
from marquee_router.security.revocations import Revocations
from marquee_router.security.tokens import revoked
from marquee_router.transport.broadcast import Broadcast, Listener, Source
from marquee_router.transport.clients import Clients
from marquee_router.transport.generation import BoundOperation
from marquee_router.transport.operation_runner import OperationRunner


class Subscriptions:
    """Feeds listeners from shared or own upstreams."""

    def __init__(self, settings: SubscriptionSettings, clients: Clients) -> None:
        self._settings = settings
        self._clients = clients
        self._public_fields = frozenset(settings.public_fields)
        self.broadcast = Broadcast(max_upstreams=settings.max_upstreams, replay_events=settings.replay_events)
        self._live: dict[int, RequestContext] = {}
        """The contexts of running upstreams, by identity."""

    def listen(self, operation: BoundOperation, listener: Listener) -> Callable[[], None]:
        """Feed `listener` with the events of a subscription; call the returned function to stop.

        Raises `LimitExceeded` if subscriptions are off or this process has its maximum of upstreams.
        """
        if not self._settings.enabled:
            raise LimitExceeded("Subscriptions are switched off")
        for hook in operation.generation.hooks:
            hook.subscribed(operation.prepared.name)
        return self.broadcast.join(self._source(operation), listener)

    async def revalidate(self, engine: OperationRunner) -> None:
        """Complete the subscriptions that `engine`, whose schema may be another, refuses."""
        refused: set[int] = set()
        for source in self.broadcast.sources():
            if source.request is None or source.context is None:
                continue
            try:
                await engine.prepare(source.request, source.context)
            except RequestError:
                refused.add(id(source))
        self.broadcast.retire(lambda source: id(source) not in refused)

    def end_revoked(self, revocations: Revocations) -> None:
        """End the subscriptions of revoked tokens; public ones belong to no token, and go on."""
        self.broadcast.withdraw(
            lambda source: (
                source.context is not None
                and source.context.identity is not None
                and revocations.is_revoked(source.context.identity.claims)
            ),
            revoked(),
        )

    async def keep_identities_fresh(self) -> None:
        """Renew the identity of each running subscription before it expires. Runs until cancelled."""
        signer = self._clients.signer
        if signer is None:
            return
        while True:
            await asyncio.sleep(signer.refresh_seconds)
            self.refresh_identities()

    def refresh_identities(self) -> None:
        """Renew the identity of each running subscription."""
        signer = self._clients.signer
        if signer is not None:
            for context in tuple(self._live.values()):
                context.subgraph_headers[signer.header] = signer.describe(context.identity)

    def _source(self, operation: BoundOperation) -> Source:
        context = operation.context
        if self._is_public(operation):
            headers = self._clients.guest_headers(context.subgraph_headers)
            context = RequestContext(context.headers, None, headers, state=context.state)
        else:
            context.deadline = None
        return Source(
            key=self._share_key(operation, context) if self._settings.share else None,
            open=lambda: self._stream(operation, context),
            replay=self._is_resumable(operation),
            request=operation.request,
            context=context,
        )

    def _is_public(self, operation: BoundOperation) -> bool:
        """True if the configuration says that every client receives the same events."""
        if not self._public_fields or operation.prepared.is_protected:
            return False
        plan = operation.prepared.plan
        fields = plan.response.by_type.get(plan.root_type, ())
        return bool(fields) and all(field.name in self._public_fields for field in fields)

    def _is_resumable(self, operation: BoundOperation) -> bool:
        """True if the root field takes a resume argument: then a listener must not miss the first events.

        Example: `seats(afterVersion: 7)` sends every change since version 7. A second listener with the same
        argument that joins later gets the events so far replayed.
        """
        root = operation.generation.engine.api_schema.subscription_type
        plan = operation.prepared.plan
        return root is not None and any(
            name in root.fields[field.name].args
            for field in plan.response.by_type.get(plan.root_type, ())
            if field.name in root.fields
            for name in self._settings.resume_arguments
        )

    def _share_key(self, operation: BoundOperation, context: RequestContext) -> Hashable:
        """What must be equal for two subscriptions to receive the same events."""
        signer = self._clients.signer
        # These differ between equal requests. The signed identity is covered by the token.
        per_request = {"traceparent", "tracestate", signer.header if signer is not None else ""}
        headers = frozenset(item for item in context.subgraph_headers.items() if item[0] not in per_request)
        return (
            operation.generation.number,
            operation.prepared.text,
            operation.prepared.name,
            orjson.dumps(operation.request.variables, option=orjson.OPT_SORT_KEYS),
            context.identity.token if context.identity is not None else None,
            headers,
        )

    async def _stream(self, operation: BoundOperation, context: RequestContext) -> AsyncIterator[Response]:
        extensions = self._clients.extensions
        generation, prepared = operation.generation, operation.prepared
        self._live[id(context)] = context
        generation.enter()
        try:
            async for response in generation.engine.subscribe(prepared, operation.request, context):
                if extensions is None:
                    yield response
                elif (event := await extensions.happened(prepared, context, response)) is not None:
                    yield event
        finally:
            generation.leave()
            del self._live[id(context)]
