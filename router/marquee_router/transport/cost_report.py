"""`extensions.cost` of a response: the estimated cost and the actual one.

The actual cost is measured on the encoded response, which is decoded again: only where the report is switched
on.
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
    """Return the response with `extensions.cost`, if its cost was estimated."""
    cost: OperationCost | None = context.state.get(COST)
    if cost is None:
        return response
    # Measuring a large response takes milliseconds: not on the event loop.
    if len(response.body) < _IN_THREAD_BYTES:
        return _reported(response, cost)
    return await asyncio.to_thread(_reported, response, cost)


def _reported(response: Response, cost: OperationCost) -> Response:
    answer: Mapping[str, Any] = orjson.loads(response.body)
    actual = cost.measure.of(answer.get("data"), cost.variables)
    report = orjson.dumps({"cost": {"estimated": cost.estimated, "actual": actual}})
    return replace(response, body=response.body[:-1] + b',"extensions":' + report + b"}")
