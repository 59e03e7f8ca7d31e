"""A queue of events is bounded, and applies its policy for slow clients."""

from __future__ import annotations

from typing import Any

import pytest

from marquee_router.request import Response
from marquee_router.transport.broadcast import Event
from marquee_router.transport.event_queue import EventQueue


@pytest.mark.parametrize(("policy", "kept"), [("drop-oldest", [2, 3]), ("disconnect", [])])
async def test_a_queue_never_holds_more_than_its_bound(policy: Any, kept: list[int]) -> None:
    queue = EventQueue(2, policy)
    for number in (1, 2, 3):
        queue.deliver(Event(Response(str(number).encode())))
    queue.finish(None)
    seen: list[int] = []
    while isinstance(item := await queue.next(1), Event):
        seen.append(int(item.body))
    assert seen == kept
