"""`HttpHandler`: one HTTP request to the GraphQL endpoint, from its headers to its response.

Owns the order: method, CSRF, identity, body, operation, response. Must never let an exception reach the
server: a fault is a 500 in the response format, and its cause goes to the log.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import Any

from marquee_router.errors import RequestError
from marquee_router.log_fields import log_fields
from marquee_router.request import GraphQLRequest, RequestContext
from marquee_router.transport.errors import BodyTooLarge, Fault, MethodNotAllowed, NotAcceptable
from marquee_router.transport.generation import BoundOperation
from marquee_router.transport.http.http_request import HttpRequest
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

    def __init__(self, service: GraphQLService, streams: StreamResponses, single: SingleResponses) -> None:
        self._service = service
        self._streams = streams
        self._single = single
        self._http = service.config.http
        self._uploads = UploadReader(self._http.uploads, self._http.max_body_bytes)

    async def handle(self, http: HttpRequest) -> None:
        """Answer one request."""
        try:
            match http.method:
                case "POST":
                    await self._post(http)
                case "GET":
                    await self._get(http)
                case "PUT" | "DELETE":
                    await self._streams.manage(http)
                case _:
                    raise MethodNotAllowed("Use GET or POST", headers={"allow": "GET, POST"})
        except RequestError as error:
            await self._refuse(http, error)
        except ClientGone:
            return
        except asyncio.CancelledError:
            raise
        except Exception:  # the edge of a request: its fault is logged, and masked for the client
            logger.exception("a request failed", extra=log_fields(http.scope.get("router.context")))
            await self._refuse(http, Fault())

    async def _post(self, http: HttpRequest) -> None:
        # Before anything else: what a foreign page has sent must have no effect, not even on rate limits.
        has_files = self._single.content_types.is_upload(http.headers)
        _check_acceptable(http)
        context = await self._context(http)
        if has_files:
            await self._upload(http, context)
            return
        body = await read_body(
            http.receive,
            http.headers,
            max_bytes=self._http.max_body_bytes,
            timeout_seconds=self._http.body_timeout_seconds,
        )
        await self._answer_value(http, decode_json(body), context)

    async def _upload(self, http: HttpRequest, context: RequestContext) -> None:
        """Answer a request with files; never by a stream, because the files are held until the response."""
        if http.accepted.answer is None:
            raise NotAcceptable("Accept application/graphql-response+json or application/json")
        value, taken = await self._uploads.read(http.receive, http.headers)
        try:
            context.has_files = True
            await self._answer_value(
                replace(http, accepted=replace(http.accepted, stream=None)), value, context
            )
        finally:
            self._uploads.release(taken)

    async def _get(self, http: HttpRequest) -> None:
        parameters = query_parameters(http.query_string)
        if await self._streams.open_reserved(http, parameters):
            return
        _check_acceptable(http)
        request = request_of_query(parameters)
        await self._answer(http, request, await self._context(http))

    async def _context(self, http: HttpRequest) -> RequestContext:
        identity = await self._service.identify(http.headers.get("authorization"))
        context = self._service.clients.context(http.headers, identity, http.address)
        http.scope["router.context"] = context
        return context

    async def _answer_value(self, http: HttpRequest, value: Any, context: RequestContext) -> None:
        """Answer the operation, or the batch of operations, in a body."""
        if type(value) is list:
            batch = await self._single.to_batch(value, http.headers, http.accepted, context)
            await send_response(http.send, batch)
        else:
            await self._answer(http, request_of(value), context)

    async def _answer(self, http: HttpRequest, request: GraphQLRequest, context: RequestContext) -> None:
        operation: BoundOperation | None
        if http.accepted.stream is None and (TOKEN_HEADER not in http.headers or context.has_files):
            operation = await self._service.begin(request, context)
        else:
            operation = await self._streams.answer(http, request, context)
        if operation is not None:
            response = await self._single.to_operation(
                operation, http.headers, http.accepted, only_reads=http.only_reads
            )
            await send_response(http.send, response)

    async def _refuse(self, http: HttpRequest, error: RequestError) -> None:
        response = await self._single.refusal(error, http.headers, http.accepted)
        has_unread_body = isinstance(error, BodyTooLarge) and error.unread
        await send_response(http.send, response, http.receive if has_unread_body else None)


def _check_acceptable(http: HttpRequest) -> None:
    if http.accepted.answer is None and http.accepted.stream is None:
        raise NotAcceptable("Accept application/graphql-response+json or application/json")
