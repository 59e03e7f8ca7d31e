"""The use cases of loyalty: one method each, one transaction each.

`memberships` and `rewards` are what people ask for, `points` is what payments and refunds cause, `release`
what time causes, and `queries` reads. Each asks the viewer for permission again; none knows GraphQL.
"""

from __future__ import annotations

from dataclasses import dataclass

from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.loyalty.service.memberships import Memberships
from marquee_subgraphs.loyalty.service.points import Points
from marquee_subgraphs.loyalty.service.queries import LedgerPage, LoyaltyQueries
from marquee_subgraphs.loyalty.service.release import PointsRelease
from marquee_subgraphs.loyalty.service.rewards import NewReward, Rewards
from marquee_subgraphs.loyalty.store import LoyaltyStore


@dataclass(frozen=True, slots=True)
class LoyaltyService:
    """What resolvers find as `info.context.service`."""

    points: Points
    release: PointsRelease
    memberships: Memberships
    rewards: Rewards
    queries: LoyaltyQueries

    @classmethod
    def of(cls, backend: Backend, store: LoyaltyStore) -> LoyaltyService:
        """Return the use cases on one backend."""
        points = Points(backend, store)
        release = PointsRelease(backend, store, points)
        return cls(
            points=points,
            release=release,
            memberships=Memberships(backend, store, points),
            rewards=Rewards(backend, store, points),
            queries=LoyaltyQueries(backend, store, release),
        )


__all__ = [
    "LedgerPage",
    "LoyaltyQueries",
    "LoyaltyService",
    "Memberships",
    "NewReward",
    "Points",
    "PointsRelease",
    "Rewards",
]
