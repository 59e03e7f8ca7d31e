"""`Span`: what code that is traced may do with its span. Imports no tracing library."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Final, Protocol


class Span(Protocol):
    """A span that is open."""

    def note(self, **attributes: str | int) -> None:
        """Add attributes; `__` stands for a dot: `db__system__name` is `db.system.name`."""
        ...

    def fail(self, kind: str) -> None:
        """Mark the span as failed, by a word that says how."""
        ...


class _Unrecorded:
    __slots__ = ()

    def note(self, **attributes: str | int) -> None:
        pass

    def fail(self, kind: str) -> None:
        pass


UNRECORDED: Final[AbstractContextManager[Span]] = nullcontext(_Unrecorded())
"""The span of work that is not traced."""
