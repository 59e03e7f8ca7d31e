"""Separates the absence of a store from every other fault: an absence passes by itself, so work is retried
later instead of failing for good.

Recognises both drivers by the codes of their errors, so that neither needs to be imported. Changes nothing.
"""

from __future__ import annotations

import sqlite3
from types import TracebackType
from typing import Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from marquee_subgraphs.kit.database.errors import DatabaseAway

_NO_CONNECTION: Final = "08"
_NO_RESOURCES: Final = "53"
_INTERVENTION: Final = frozenset({"57P01", "57P02", "57P03"})  # shut down, crashed, starting
_SQLITE_AWAY: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN})
_PRIMARY: Final = 0xFF


def is_absence(error: BaseException) -> bool:
    """Return True if an error of a driver, or of SQLAlchemy around it, says that the store is away or
    full.
    """
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or (error.orig is not None and is_absence(error.orig))
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", 0) & _PRIMARY in _SQLITE_AWAY
    state = getattr(error, "sqlstate", None)
    if isinstance(state, str):
        return state[:2] in (_NO_CONNECTION, _NO_RESOURCES) or state in _INTERVENTION
    return isinstance(error, OSError | PoolTimeout)


class TellingAbsence:
    """`with TELLING_ABSENCE:` turns errors that mean absence into `DatabaseAway`. Use it only around the
    driver.
    """

    __slots__ = ()

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and is_absence(error):
            raise DatabaseAway(f"the store is away: {type(error).__name__}") from error


TELLING_ABSENCE: Final = TellingAbsence()
