"""`begin`: runs an awaitable at once, without a task or a timer, up to its first wait.

The `receive` and `send` of a server seldom wait. To run their coroutines by hand saves what an `await` with a
timeout would cost. If one does wait, the rest of it is awaited as usual.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from functools import partial
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Suspended(Generic[T]):
    """An awaitable that `begin` ran up to its first wait; await it to finish it."""

    __slots__ = ("_blocked_on", "_steps")

    def __init__(self, steps: Generator[Any, Any, T], blocked_on: object) -> None:
        self._steps = steps
        self._blocked_on = blocked_on

    def __await__(self) -> Generator[Any, Any, T]:
        blocked_on = self._blocked_on
        while True:
            step: Callable[[], Any]
            try:
                sent = yield blocked_on
            except BaseException as error:  # noqa: BLE001 - cancellation is the awaitable's too
                step = partial(self._steps.throw, error)
            else:
                step = partial(self._steps.send, sent)
            try:
                blocked_on = step()
            except StopIteration as end:
                result: T = end.value
                return result


def begin(awaitable: Awaitable[T]) -> T | Suspended[T]:
    """Run an awaitable up to its first wait. Returns its result, or what is left to await."""
    steps = awaitable.__await__()
    try:
        blocked_on = next(steps)
    except StopIteration as end:
        result: T = end.value
        return result
    return Suspended(steps, blocked_on)
