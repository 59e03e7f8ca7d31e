"""Encodes subgraph requests. What is the same for every request is encoded when the plan is compiled."""

from __future__ import annotations

from collections.abc import Callable

import orjson

from marquee_router.execution.state import Execution


def _head(operation: str, operation_name: str | None) -> bytes:
    name = b"" if operation_name is None else b',"operationName":' + orjson.dumps(operation_name)
    return b'{"query":' + orjson.dumps(operation) + name


def compile_root_request(
    operation: str, variables: tuple[str, ...], operation_name: str | None
) -> Callable[[Execution], bytes]:
    """Return a function that encodes a request for root fields."""
    head = _head(operation, operation_name)
    # Without variables every request is the same bytes.
    constant = head + b"}"
    if not variables:
        return lambda execution: constant
    opening = head + b',"variables":{'
    keys = [(name, orjson.dumps(name) + b":") for name in variables]

    def build(execution: Execution) -> bytes:
        return opening + b",".join(_variables(execution, keys)) + b"}}"

    return build


def compile_entity_request(
    operation: str, targets: tuple[str, ...], variables: tuple[str, ...], operation_name: str | None
) -> Callable[[Execution, list[bytes]], bytes]:
    """Return a function that encodes an entity request, given the representations of each target.

    `targets` are the variables that receive them, `variables` the client's that the operation uses.
    """
    head = _head(operation, operation_name) + b',"variables":{'
    openings = [orjson.dumps(name) + b":[" for name in targets]
    keys = [(name, orjson.dumps(name) + b":") for name in variables]
    if len(openings) == 1 and not keys:
        first = head + openings[0]
        return lambda execution, representations: first + representations[0] + b"]}}"

    def build(execution: Execution, representations: list[bytes]) -> bytes:
        parts = [opening + encoded + b"]" for opening, encoded in zip(openings, representations, strict=True)]
        parts += _variables(execution, keys)
        return head + b",".join(parts) + b"}}"

    return build


def with_variables(body: bytes, variables: bytes) -> bytes:
    """Return an entity request with further variables, as JSON: `"a":1,"b":2`."""
    return body.removesuffix(b"}}") + b"," + variables + b"}}"


def _variables(execution: Execution, keys: list[tuple[str, bytes]]) -> list[bytes]:
    found: list[bytes] = []
    for name, key in keys:
        # A variable without a value is left out: to send null instead would override the argument's default.
        encoded = execution.encoded(name)
        if encoded is not None:
            found.append(key + encoded)
    return found
