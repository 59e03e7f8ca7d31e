"""Reads GraphQL requests from JSON bodies and query strings.

Owns the types of the four parameters and of `documentId`. Must never guess: a parameter of a wrong type is
refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import orjson

from marquee_router.request import GraphQLRequest
from marquee_router.transport.errors import MalformedRequest

MAXIMUM_QUERY_PARAMETERS = 50


def decode_json(body: bytes) -> Any:
    """Return the JSON value of a body; raises `MalformedRequest`."""
    if not body:
        raise MalformedRequest("The request has no body")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise MalformedRequest("The body is not JSON in UTF-8") from None


def request_of(value: Any) -> GraphQLRequest:
    """Return the request in a JSON object; raises `MalformedRequest`."""
    if type(value) is not dict:
        raise MalformedRequest("A GraphQL request is a JSON object")
    query = value.get("query")
    if query is not None and type(query) is not str:
        raise MalformedRequest("`query` must be a string")
    operation_name = value.get("operationName")
    if operation_name is not None and type(operation_name) is not str:
        raise MalformedRequest("`operationName` must be a string")
    variables = value.get("variables")
    if variables is None:
        variables = {}
    elif type(variables) is not dict:
        raise MalformedRequest("`variables` must be an object")
    extensions = value.get("extensions")
    if extensions is None:
        extensions = {}
    elif type(extensions) is not dict:
        raise MalformedRequest("`extensions` must be an object")
    document_id = value.get("documentId")
    if document_id is not None:
        # Clients name trusted documents at the top level, others in `extensions`: here they become the same.
        if type(document_id) is not str:
            raise MalformedRequest("`documentId` must be a string")
        extensions = {**extensions, "documentId": document_id}
    if not query and "documentId" not in extensions and "persistedQuery" not in extensions:
        raise MalformedRequest("The request has no `query`")
    return GraphQLRequest(query or None, operation_name or None, variables, extensions)


def query_parameters(query_string: bytes) -> Mapping[str, str]:
    """Return the parameters of a URL; of repeated ones the last counts. Raises `MalformedRequest`."""
    try:
        return dict(
            parse_qsl(
                query_string.decode("ascii"),
                keep_blank_values=True,
                errors="strict",
                max_num_fields=MAXIMUM_QUERY_PARAMETERS,
            )
        )
    except ValueError:
        raise MalformedRequest("The query string is not form-encoded UTF-8") from None


def request_of_query(parameters: Mapping[str, str]) -> GraphQLRequest:
    """Return the request in URL parameters, where `variables` and `extensions` are JSON."""
    value: dict[str, Any] = {
        name: parameters[name] for name in ("query", "operationName", "documentId") if parameters.get(name)
    }
    for name in ("variables", "extensions"):
        text = parameters.get(name)
        if text:
            try:
                value[name] = orjson.loads(text)
            except orjson.JSONDecodeError:
                raise MalformedRequest(f"`{name}` is not JSON") from None
    return request_of(value)
