"""`SingleResponses`: requests that are answered by one response, from the body to status, headers and bytes.

Owns what is the same over ASGI and on the fast path: CSRF, identity, operation, batch, refusal.
`stream_response` answers by streams.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from marquee_router.errors import RequestError
from marquee_router.log_fields import log_fields
from marquee_router.planning.plan import OperationKind
from marquee_router.request import GraphQLRequest, RequestContext, Response
from marquee_router.server_interface import ClientAddress
from marquee_router.transport.errors import (
    Fault,
    MalformedRequest,
    NotAcceptable,
)
from marquee_router.transport.generation import BoundOperation
from marquee_router.transport.http.content_type import ContentTypes
from marquee_router.transport.http.negotiation import Accepted, Media
from marquee_router.transport.http.request_parameters import decode_json, request_of
from marquee_router.transport.http.response import (
    HttpResponse,
    ResponseWriter,
    refusal_response,
    refusal_status,
    response_status,
)
from marquee_router.transport.http.stream_response import refuse_mutation
from marquee_router.transport.service import GraphQLService

logger = logging.getLogger("marquee_router.http")


class SingleResponses:
    """Answers by one response. Header names are in lower case throughout."""

    def __init__(self, service: GraphQLService) -> None:
        self._service = service
        self._writer = ResponseWriter(service.config.http.compression)
        self._batching = service.config.http.batching
        self.content_types = ContentTypes(service.config)

    async def to_post(
        self, body: bytes, headers: Mapping[str, str], accepted: Accepted, address: ClientAddress
    ) -> HttpResponse:
        """Answer a POST with JSON by a client that connected from `address`. Raises nothing but
        cancellation."""
        context: RequestContext | None = None
        try:
            self.content_types.is_upload(headers)
            service = self._service
            identity = await service.identify(headers.get("authorization"))
            context = service.clients.context(headers, identity, address)
            value = decode_json(body)
            if type(value) is list:
                return await self.to_batch(value, headers, accepted, context)
            operation = await service.begin(request_of(value), context)
            return await self.to_operation(operation, headers, accepted, only_reads=False)
        except RequestError as error:
            return await self.refusal(error, headers, accepted)
        except Exception:  # the edge of a request: its fault is logged, and masked for the client
            logger.exception("a request failed", extra=log_fields(context))
            return await self.refusal(Fault(), headers, accepted)

    async def to_operation(
        self, operation: BoundOperation, headers: Mapping[str, str], accepted: Accepted, *, only_reads: bool
    ) -> HttpResponse:
        """Run a prepared operation and answer it; raises `RequestError` if it is refused."""
        refuse_kind(operation.kind, only_reads=only_reads)
        media = accepted.refusal
        response = await self._service.run(operation)
        return await self._writer.response(
            status=response_status(response, media),
            media=media,
            body=response.body,
            headers=response.headers,
            accept_encoding=headers.get("accept-encoding"),
        )

    async def to_batch(
        self, values: list[Any], headers: Mapping[str, str], accepted: Accepted, context: RequestContext
    ) -> HttpResponse:
        """Run a batch of operations and answer it; raises `RequestError` if the batch is refused."""
        batching = self._batching
        if not batching.enabled:
            raise MalformedRequest("Batches are not answered here")
        if not values:
            raise MalformedRequest("The batch is empty")
        if len(values) > batching.limit:
            raise MalformedRequest(f"A batch has at most {batching.limit} operations")
        requests = [request_of(value) for value in values]
        # One refused entry must not cancel the others: `_batch_entry` turns refusals into responses.
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._batch_entry(request, context)) for request in requests]
        return await self._writer.response(
            status=200,
            media=accepted.refusal,
            body=b"[" + b",".join(task.result().body for task in tasks) + b"]",
            headers={},
            accept_encoding=headers.get("accept-encoding"),
        )

    async def _batch_entry(self, request: GraphQLRequest, context: RequestContext) -> Response:
        try:
            operation = await self._service.begin(request, context)
            refuse_kind(operation.kind, only_reads=False)
            return await self._service.run(operation)
        except RequestError as error:
            return refusal_response(error)

    async def refusal(
        self, error: RequestError, headers: Mapping[str, str], accepted: Accepted
    ) -> HttpResponse:
        """Answer a request that is refused."""
        media = accepted.refusal
        response = refusal_response(error)
        return await self._writer.response(
            status=500 if isinstance(error, Fault) else refusal_status(error, media),
            media=media if media is not Media.HTML else Media.JSON,
            body=response.body,
            headers=response.headers,
            accept_encoding=headers.get("accept-encoding"),
        )


def refuse_kind(kind: OperationKind, *, only_reads: bool) -> None:
    """Refuse a mutation by GET, and a subscription, which has no single response."""
    if kind is OperationKind.QUERY:
        return
    refuse_mutation(kind, only_reads=only_reads)
    if kind is OperationKind.SUBSCRIPTION:
        raise NotAcceptable("Subscriptions need text/event-stream, multipart/mixed or a WebSocket")
