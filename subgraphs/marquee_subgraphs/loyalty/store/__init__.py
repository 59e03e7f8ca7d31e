"""The loyalty database: the only SQL of this subgraph beside `invariants`.

A store is a class without state, one for each kind of row. A method is one statement unless its docstring
says otherwise; its first argument is the `Transaction` (or the `Connection`, when it only reads) that the
service opened. Stores decide nothing and open no transaction.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from marquee_subgraphs.loyalty.store.accruals import AccrualStore
from marquee_subgraphs.loyalty.store.ledger import LedgerStore
from marquee_subgraphs.loyalty.store.members import MemberStore
from marquee_subgraphs.loyalty.store.rewards import RewardStore
from marquee_subgraphs.loyalty.store.showtimes import ShowtimeStore


@dataclass(frozen=True, slots=True)
class LoyaltyStore:
    """The stores of loyalty."""

    members: MemberStore = field(default_factory=MemberStore)
    ledger: LedgerStore = field(default_factory=LedgerStore)
    accruals: AccrualStore = field(default_factory=AccrualStore)
    rewards: RewardStore = field(default_factory=RewardStore)
    showtimes: ShowtimeStore = field(default_factory=ShowtimeStore)


__all__ = ["AccrualStore", "LedgerStore", "LoyaltyStore", "MemberStore", "RewardStore", "ShowtimeStore"]
