"""The health of a subgraph, as a plain record. Decides nothing; `Subgraph.health` fills it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Health:
    """The health of a subgraph: each part is `ok`, `degraded`, or the kind of its failure."""

    parts: Mapping[str, str]
    version: str
    since: datetime


HealthProbe = Callable[[], Awaitable[Health]]
"""Asks every part of a subgraph."""
