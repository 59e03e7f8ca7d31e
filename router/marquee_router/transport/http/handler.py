"""`HttpHandler`: one HTTP request to the GraphQL endpoint, from its headers to its response.

Owns the order: method, CSRF, identity, body, operation, response. Must never let an exception reach the
server: a fault is a 500 in the response format, and its cause goes to the log.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.types import Receive, Scope, Send

from marquee_router.errors import RequestError
from marquee_router.log_fields import log_fields
from marquee_router.request import GraphQLRequest, RequestContext
from marquee_router.transport.clients import address_of
from marquee_router.transport.errors import BodyTooLarge, Fault, MethodNotAllowed, NotAcceptable
from marquee_router.transport.generation import BoundOperation
from marquee_router.transport.http.negotiation import Accepted
from marquee_router.transport.http.request_body import ClientGone, read_body
from marquee_router.transport.http.request_parameters import (
    decode_json,
    query_parameters,
    request_of,
    request_of_query,
)
from marquee_router.transport.http.response import send_response
from marquee_router.transport.http.single_response import SingleResponses
from marquee_router.transport.http.stream_response import TOKEN_HEADER, StreamResponses
from marquee_router.transport.multipart.uploads import UploadReader
from marquee_router.transport.service import GraphQLService

logger = logging.getLogger("marquee_router.http")


class HttpHandler:
    """Answers HTTP requests to the GraphQL endpoint."""

    def __init__(self, service: GraphQLService, streams: StreamResponses, whole: SingleResponses) -> None:
        self._service = service
        self._streams = streams
        self._whole = whole
        self._http = service.config.http
        self._uploads = UploadReader(self._http.uploads, self._http.max_body_bytes)

    async def handle(
        self, scope: Scope, receive: Receive, send: Send, headers: Mapping[str, str], accepted: Accepted
    ) -> None:
        """Answer one request; header names are in lower case."""
        try:
            match scope["method"]:
                case "POST":
                    await self._post(scope, receive, send, headers, accepted)
                case "GET":
                    await self._get(scope, receive, send, headers, accepted)
                case "PUT" | "DELETE" as method:
                    await self._streams.manage(method, scope, send, headers)
                case _:
                    raise MethodNotAllowed("Use GET or POST", headers={"allow": "GET, POST"})
        except RequestError as error:
            await self._refuse(receive, send, error, headers, accepted)
        except ClientGone:
            return
        except asyncio.CancelledError:
            raise
        except Exception:  # the edge of a request: its fault is logged, and masked for the client
            logger.exception("a request failed", extra=log_fields(scope.get("router.context")))
            await self._refuse(receive, send, Fault(), headers, accepted)

    async def _post(
        self, scope: Scope, receive: Receive, send: Send, headers: Mapping[str, str], accepted: Accepted
    ) -> None:
        with_files = self._whole.content_types.is_upload(headers)
        if accepted.answer is None and accepted.stream is None:
            raise NotAcceptable("Accept application/graphql-response+json or application/json")
        context = await self._context(scope, headers)
        if with_files:
            await self._upload(receive, send, headers, accepted, context)
            return
        body = await read_body(
            receive,
            headers,
            max_bytes=self._http.max_body_bytes,
            timeout_seconds=self._http.body_timeout_seconds,
        )
        await self._answer_value(decode_json(body), receive, send, headers, accepted, context)

    async def _upload(
        self,
        receive: Receive,
        send: Send,
        headers: Mapping[str, str],
        accepted: Accepted,
        context: RequestContext,
    ) -> None:
        """Answer a request with files; never by a stream, because the files are held until the response."""
        if accepted.answer is None:
            raise NotAcceptable("Accept application/graphql-response+json or application/json")
        accepted = replace(accepted, stream=None)
        value, taken = await self._uploads.read(receive, headers)
        try:
            context.has_files = True
            await self._answer_value(value, receive, send, headers, accepted, context)
        finally:
            self._uploads.release(taken)

    async def _get(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        headers: Mapping[str, str],
        accepted: Accepted,
    ) -> None:
        parameters = query_parameters(scope["query_string"])
        if await self._streams.open_reserved(parameters, receive, send, headers, accepted):
            return
        if accepted.answer is None and accepted.stream is None:
            raise NotAcceptable("Accept application/graphql-response+json or application/json")
        request = request_of_query(parameters)
        context = await self._context(scope, headers)
        await self._answer(request, receive, send, headers, accepted, context, only_reads=True)

    async def _context(self, scope: Scope, headers: Mapping[str, str]) -> RequestContext:
        identity = await self._service.identify(headers.get("authorization"))
        context = self._service.clients.context(headers, identity, address_of(scope))
        scope["router.context"] = context
        return context

    async def _answer_value(
        self,
        value: Any,
        receive: Receive,
        send: Send,
        headers: Mapping[str, str],
        accepted: Accepted,
        context: RequestContext,
    ) -> None:
        """Answer the operation, or the batch of operations, in a body."""
        if type(value) is list:
            await send_response(send, await self._whole.to_batch(value, headers, accepted, context))
        else:
            await self._answer(request_of(value), receive, send, headers, accepted, context)

    async def _answer(
        self,
        request: GraphQLRequest,
        receive: Receive,
        send: Send,
        headers: Mapping[str, str],
        accepted: Accepted,
        context: RequestContext,
        *,
        only_reads: bool = False,
    ) -> None:
        operation: BoundOperation | None
        if accepted.stream is None and (TOKEN_HEADER not in headers or context.has_files):
            operation = await self._service.begin(request, context)
        else:
            operation = await self._streams.answer(
                request, receive, send, headers, accepted, context, only_reads=only_reads
            )
        if operation is not None:
            await send_response(
                send, await self._whole.to_operation(operation, headers, accepted, only_reads=only_reads)
            )

    async def _refuse(
        self,
        receive: Receive,
        send: Send,
        error: RequestError,
        headers: Mapping[str, str],
        accepted: Accepted,
    ) -> None:
        answer = await self._whole.refusal(error, headers, accepted)
        await send_response(
            send, answer, receive if isinstance(error, BodyTooLarge) and error.unread else None
        )
