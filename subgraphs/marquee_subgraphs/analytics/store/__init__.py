"""The analytics database: the only SQL of this subgraph beside `invariants`.

`facts` writes what events say, `figures` sums it up. A store is a class without state. A method is one
statement unless its docstring says otherwise; its first argument is the `Transaction` (or, to read, the
`Connection`) that the service opened. Stores decide nothing and open no transaction.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from sqlalchemy.exc import DBAPIError

from marquee_subgraphs.analytics.store.facts import FactStore
from marquee_subgraphs.analytics.store.figures import FigureStore, Scope
from marquee_subgraphs.kit.database import DatabaseError

STORE_FAILURES: Final = (DatabaseError, DBAPIError)
"""The exceptions of a store that cannot be written to at this moment."""


@dataclass(frozen=True, slots=True)
class AnalyticsStore:
    """The stores of analytics."""

    facts: FactStore = field(default_factory=FactStore)
    figures: FigureStore = field(default_factory=FigureStore)


__all__ = ["STORE_FAILURES", "AnalyticsStore", "FactStore", "FigureStore", "Scope"]
