"""The analytics database; the only SQL of this subgraph but `verify.py`. Opens no transaction.

`facts` writes what events say, `figures` sums it up.
"""

from marquee_subgraphs.analytics.store.facts import FactStore
from marquee_subgraphs.analytics.store.figures import FigureStore, Scope

__all__ = ["FactStore", "FigureStore", "Scope"]
