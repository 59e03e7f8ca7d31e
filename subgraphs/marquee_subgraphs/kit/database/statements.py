"""Counts and measures the statements of a database for the code that asked for it.

Must never keep a parameter: only the text of a statement, with placeholders.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Final

from sqlalchemy import Executable

from marquee_subgraphs.kit.database.connection import Connection

_TEXTS: Final[dict[Any, str]] = {}
_TEXTS_KEPT = 2_000


class StatementCounter:
    """The statements that one database executed while this counter was attached."""

    __slots__ = ("statements",)

    def __init__(self) -> None:
        self.statements: list[str] = []

    @property
    def count(self) -> int:
        """The number of statements that were executed."""
        return len(self.statements)


def _text_of(statement: Executable) -> str:
    """Return the SQL with placeholders. Compiling a statement costs ten times what looking it up does."""
    cache_key = getattr(statement, "_generate_cache_key", None)
    key = None if cache_key is None else cache_key()
    if key is None:
        return str(statement)
    text = _TEXTS.get(key.key)
    if text is None:
        text = str(statement)
        if len(_TEXTS) < _TEXTS_KEPT:
            _TEXTS[key.key] = text
    return text


class StatementListener:
    """Passes each statement to the counters of the task that executes it."""

    __slots__ = ("counters",)

    def __init__(self) -> None:
        self.counters: ContextVar[tuple[StatementCounter, ...]] = ContextVar("counters", default=())

    def __call__(self, statement: Executable) -> None:
        for counter in self.counters.get():
            counter.statements.append(_text_of(statement))


class TimedRead:
    """A read whose duration is reported."""

    __slots__ = ("_inner", "_started", "_tell")

    def __init__(self, inner: AbstractAsyncContextManager[Connection], tell: Callable[[float], None]) -> None:
        self._inner = inner
        self._tell = tell
        self._started = time.perf_counter()

    async def __aenter__(self) -> Connection:
        return await self._inner.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        try:
            return await self._inner.__aexit__(kind, error, trace)
        finally:
            self._tell(time.perf_counter() - self._started)
