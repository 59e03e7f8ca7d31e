"""One HTTP request to the GraphQL endpoint, from its headers to its answer.

Owns the order: method, CSRF, identity, body, operation, answer. Must never let an exception reach the
server: a fault is a 500 in the response format, and its reason goes to the log.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.types import Receive, Scope, Send

from router.errors import RequestError, masked_error
from router.observability.logs import about
from router.planning.plan import OperationKind
from router.request import GraphQLRequest, RequestContext, Response
from router.transport.http.answer import (
    AnswerWriter,
    answer_status,
    refusal_response,
    refusal_status,
)
from router.transport.http.body import ClientGone, read_body
from router.transport.http.negotiation import Accepted, Media, negotiate
from router.transport.http.parameters import decode_json, query_parameters, request_of, request_of_query
from router.transport.http.streams import TOKEN_HEADER, StreamAnswers, refuse_mutation
from router.transport.multipart.uploads import UploadReader
from router.transport.refusals import (
    BodyTooLarge,
    CsrfRefused,
    MalformedRequest,
    MethodNotAllowed,
    NotAcceptable,
    UnsupportedMediaType,
)
from router.transport.service import GraphQLService, address_of

logger = logging.getLogger("router.http")

SIMPLE_CONTENT_TYPES = frozenset(
    {"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"}
)
"""What a browser sends across origins without asking."""


class Fault(RequestError):
    """Something broke inside; the client learns nothing of it."""

    code = "INTERNAL_SERVER_ERROR"
    default_status = 500

    def __init__(self) -> None:
        super().__init__("", errors=(masked_error(),))


class HttpHandler:
    """Answers HTTP requests for GraphQL."""

    def __init__(self, service: GraphQLService, streams: StreamAnswers, writer: AnswerWriter) -> None:
        self._service = service
        self._streams = streams
        self._writer = writer
        self._http = service.config.http
        self._csrf = service.config.csrf
        self._uploads = UploadReader(self._http.uploads, self._http.max_body_bytes)

    async def handle(
        self, scope: Scope, receive: Receive, send: Send, headers: Mapping[str, str], accepted: Accepted
    ) -> None:
        """Answer one request; `headers` are the request's, names in lower case."""
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
        except Exception:  # the edge of a request: a fault is masked for the client, and logged whole
            logger.exception("a request failed", extra=about(scope.get("router.context")))
            await self._refuse(receive, send, Fault(), headers, accepted)

    async def _post(
        self, scope: Scope, receive: Receive, send: Send, headers: Mapping[str, str], accepted: Accepted
    ) -> None:
        with_files = self._check_content_type(headers)
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
        value = decode_json(body)
        if type(value) is list:
            await self._batch(value, send, headers, accepted, context)
            return
        await self._answer(request_of(value), receive, send, headers, accepted, context)

    async def _upload(
        self,
        receive: Receive,
        send: Send,
        headers: Mapping[str, str],
        accepted: Accepted,
        context: RequestContext,
    ) -> None:
        """Answer a request with files; always by a whole answer."""
        if accepted.answer is None:
            raise NotAcceptable("Accept application/graphql-response+json or application/json")
        accepted = replace(accepted, stream=None)
        value, taken = await self._uploads.read(receive, headers)
        try:
            context.has_files = True
            if type(value) is list:
                await self._batch(value, send, headers, accepted, context)
            else:
                await self._answer(request_of(value), receive, send, headers, accepted, context)
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
        context = self._service.context(headers, identity, address_of(scope))
        scope["router.context"] = context
        return context

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
        wants_stream = accepted.stream is not None or (TOKEN_HEADER in headers and not context.has_files)
        if wants_stream:
            left = await self._streams.answer(
                request, receive, send, headers, accepted, context, only_reads=only_reads
            )
            if left is None:
                return
            job = left
        else:
            job = await self._service.begin(request, context)
        refuse_kind(job.kind, only_reads=only_reads, streams=False)
        media = accepted.refusal
        response = await self._service.run(job)
        await self._writer.write(
            send,
            status=answer_status(response, media),
            media=media,
            body=response.body,
            headers=response.headers,
            accept_encoding=headers.get("accept-encoding"),
        )

    async def _batch(
        self,
        values: list[Any],
        send: Send,
        headers: Mapping[str, str],
        accepted: Accepted,
        context: RequestContext,
    ) -> None:
        batching = self._http.batching
        if not batching.enabled:
            raise MalformedRequest("Batches are not answered here")
        if not values:
            raise MalformedRequest("The batch is empty")
        if len(values) > batching.limit:
            raise MalformedRequest(f"A batch has at most {batching.limit} operations")
        requests = [request_of(value) for value in values]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._batch_entry(request, context)) for request in requests]
        body = b"[" + b",".join(task.result().body for task in tasks) + b"]"
        await self._writer.write(
            send,
            status=200,
            media=accepted.refusal,
            body=body,
            headers={},
            accept_encoding=headers.get("accept-encoding"),
        )

    async def _batch_entry(self, request: GraphQLRequest, context: RequestContext) -> Response:
        try:
            job = await self._service.begin(request, context)
            refuse_kind(job.kind, only_reads=False, streams=False)
            return await self._service.run(job)
        except RequestError as error:
            return refusal_response(error)

    def _check_content_type(self, headers: Mapping[str, str]) -> bool:
        """Whether it is a form with files; refuses what is neither that nor JSON."""
        content_type = headers.get("content-type", "")
        if content_type == "application/json":
            return False
        media, _, parameters = content_type.partition(";")
        media = media.strip().lower()
        if media == "multipart/form-data" and self._http.uploads.enabled:
            if self._csrf.enabled and not any(headers.get(name) for name in self._csrf.required_headers):
                raise CsrfRefused(f"Send one of the headers {', '.join(self._csrf.required_headers)}")
            return True
        if media != "application/json":
            if self._csrf.enabled and media in SIMPLE_CONTENT_TYPES:
                raise CsrfRefused("Send the request as application/json")
            raise UnsupportedMediaType("Send the request as application/json")
        for parameter in parameters.split(";"):
            name, _, value = parameter.partition("=")
            if name.strip().lower() == "charset" and value.strip().strip('"').lower() not in (
                "utf-8",
                "utf8",
            ):
                raise UnsupportedMediaType("Send the request in UTF-8")
        return False

    async def _refuse(
        self,
        receive: Receive,
        send: Send,
        error: RequestError,
        headers: Mapping[str, str],
        accepted: Accepted,
    ) -> None:
        media = accepted.refusal
        response = refusal_response(error)
        await self._writer.write(
            send,
            status=500 if isinstance(error, Fault) else refusal_status(error, media),
            media=media if media is not Media.HTML else Media.JSON,
            body=response.body,
            headers=response.headers,
            accept_encoding=headers.get("accept-encoding"),
            unread=receive if isinstance(error, BodyTooLarge) and error.unread else None,
        )


def refuse_kind(kind: OperationKind, *, only_reads: bool, streams: bool) -> None:
    """Refuse a mutation by GET, and a subscription where no stream can be answered."""
    refuse_mutation(kind, only_reads=only_reads)
    if kind is OperationKind.SUBSCRIPTION and not streams:
        raise NotAcceptable("Subscriptions need text/event-stream, multipart/mixed or a WebSocket")


__all__ = ["HttpHandler", "negotiate", "refuse_kind"]
