"""The loaders of one request, one per batch function. Never shared between requests: that would leak one
viewer's rows.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, TypeVar, cast

from marquee_dataloaders.loader import DEFAULT_MAX_BATCH_SIZE, BatchLoad, DataLoader

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Loaders:
    """Finds or makes the request's loader of a batch function.

    The function itself is the name: `loaders(service.users_by_id).load(key)` gives every resolver of the
    request the same loader, since bound methods of one object are equal.
    """

    __slots__ = ("_by_function",)

    def __init__(self) -> None:
        self._by_function: dict[Any, DataLoader[Any, Any]] = {}

    def __call__(
        self, load_batch: BatchLoad[K, V], *, max_batch_size: int = DEFAULT_MAX_BATCH_SIZE
    ) -> DataLoader[K, V]:
        """Return the loader of `load_batch`; `max_batch_size` counts when it is made first."""
        loader = self._by_function.get(load_batch)
        if loader is None:
            loader = self._by_function[load_batch] = DataLoader(load_batch, max_batch_size=max_batch_size)
        return cast("DataLoader[K, V]", loader)

    def forget_all(self) -> None:
        """Load everything afresh from now on, as between two events of one subscription."""
        self._by_function.clear()
