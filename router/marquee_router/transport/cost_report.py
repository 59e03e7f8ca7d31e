"""`extensions.cost` of an answer: the estimate, and what was measured.

Owns the report; only where it is asked for is an answer read again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import orjson

from marquee_router.request import RequestContext, Response
from marquee_router.security.limits.guard import COST, OperationCost

_IN_THREAD_BYTES: Final = 64 * 1024


async def with_cost(response: Response, context: RequestContext) -> Response:
    """The response with `extensions.cost`, when an estimate was made."""
    cost: OperationCost | None = context.state.get(COST)
    if cost is None:
        return response
    if len(response.body) < _IN_THREAD_BYTES:
        return _reported(response, cost)
    return await asyncio.to_thread(_reported, response, cost)


def _reported(response: Response, cost: OperationCost) -> Response:
    answer: Mapping[str, Any] = orjson.loads(response.body)
    actual = cost.measure.of(answer.get("data"), cost.variables)
    report = orjson.dumps({"cost": {"estimated": cost.estimated, "actual": actual}})
    return replace(response, body=response.body[:-1] + b',"extensions":' + report + b"}")
