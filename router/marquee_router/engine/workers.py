"""The threads of one engine. Preparation takes milliseconds, which the event loop cannot spare."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

_LARGE_BYTES: Final = 100_000
"""The estimated size of an operation whose variants may take long to plan."""


class Workers:
    """One thread for small operations, one for large ones, one for introspection.

    They are separate so that a large operation never delays a small one.
    """

    def __init__(self) -> None:
        self.small = ThreadPoolExecutor(max_workers=1, thread_name_prefix="prepare")
        self.large = ThreadPoolExecutor(max_workers=1, thread_name_prefix="prepare-large")
        self.introspection = ThreadPoolExecutor(max_workers=1, thread_name_prefix="introspect")

    def for_operation(self, weight: int) -> ThreadPoolExecutor:
        """The thread that plans a variant of an operation of `weight` bytes."""
        return self.small if weight <= _LARGE_BYTES else self.large

    def close(self) -> None:
        """End the threads after what they do now."""
        for worker in (self.small, self.large, self.introspection):
            worker.shutdown(wait=False, cancel_futures=True)
