"""The invariants of points, rewards and vouchers, as far as this store shows them. Reads only.

Each finding names what is wrong, so that `marquee verify` and every fault test can print it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, select

from marquee_subgraphs.kit.database import Connection, Database
from marquee_subgraphs.kit.invariants import Invariant
from marquee_subgraphs.loyalty.domain import EntryKind, Tier, points_to_reverse, tier_of
from marquee_subgraphs.loyalty.tables import ACCRUALS, LEDGER, MEMBERSHIPS, REWARDS, VOUCHERS

_OF_PAYMENTS: Final = ("earned", "released", "reversed")


async def verify(database: Database) -> list[Invariant]:
    """Check every invariant on one snapshot of the store."""
    checks: Sequence[tuple[str, Callable[[_Snapshot], list[str]]]] = (
        ("points equal the ledger", _balances_are_sums),
        ("a payment's points are in the ledger once", _accruals_are_entered),
        ("points reversed are the refunded share of those earned", _reversals_are_shares),
        ("a tier is the one of its points", _tiers_follow_points),
        ("no reward has a negative stock", _no_negative_stock),
        ("each voucher was paid for in the ledger", _vouchers_were_paid),
    )
    async with database.read(heavy=True) as connection:
        snapshot = await _read(connection)
    return [Invariant(name, check(snapshot)) for name, check in checks]


@dataclass(frozen=True, slots=True)
class _Snapshot:
    members: Sequence[Row[Any]]
    entries: Sequence[Row[Any]]
    accruals: Sequence[Row[Any]]
    rewards: Sequence[Row[Any]]
    vouchers: Sequence[Row[Any]]


async def _read(connection: Connection) -> _Snapshot:
    return _Snapshot(
        members=(await connection.execute(select(MEMBERSHIPS))).all(),
        entries=(await connection.execute(select(LEDGER))).all(),
        accruals=(await connection.execute(select(ACCRUALS))).all(),
        rewards=(await connection.execute(select(REWARDS))).all(),
        vouchers=(await connection.execute(select(VOUCHERS))).all(),
    )


def _balances_are_sums(store: _Snapshot) -> list[str]:
    sums: dict[str, tuple[int, int]] = {}
    for entry in store.entries:
        points, pending = sums.get(entry.membership_id, (0, 0))
        if entry.pending:
            pending += entry.points
        else:
            points += entry.points
        # A release is one entry with two effects: its points leave the pending balance and join the other.
        if entry.kind == EntryKind.RELEASED.value:
            pending -= entry.points
        sums[entry.membership_id] = (points, pending)
    findings = []
    for member in store.members:
        has, adds_up_to = (member.points, member.pending), sums.get(member.id, (0, 0))
        if has != adds_up_to:
            findings.append(f"{member.id} has {has[0]} and {has[1]} pending, its ledger {adds_up_to}")
    return findings


def _accruals_are_entered(store: _Snapshot) -> list[str]:
    entered: dict[str, dict[str, int]] = {}
    for entry in store.entries:
        what, _, rest = entry.key.partition(":")
        if what in _OF_PAYMENTS:
            sums = entered.setdefault(rest.partition(":")[0], dict.fromkeys(_OF_PAYMENTS, 0))
            sums[what] += entry.points
    findings = []
    for accrual in store.accruals:
        sums = entered.pop(accrual.payment_id, dict.fromkeys(_OF_PAYMENTS, 0))
        if (sums["earned"], -sums["reversed"]) != (accrual.earned, accrual.reversed):
            findings.append(
                f"{accrual.payment_id} earned {accrual.earned} less {accrual.reversed}, its entries {sums}"
            )
        if sums["released"] and accrual.released_at is None:
            findings.append(f"{accrual.payment_id} has {sums['released']} released before their showtime")
    return findings + [f"{payment_id} has entries and is not known" for payment_id in entered]


def _reversals_are_shares(store: _Snapshot) -> list[str]:
    return [
        f"{accrual.payment_id} earned {accrual.earned}, {accrual.reversed} of them reversed for"
        f" {accrual.refunded} of {accrual.captured}"
        for accrual in store.accruals
        if accrual.captured is not None
        and accrual.reversed != points_to_reverse(accrual.earned, accrual.captured, accrual.refunded)
    ]


def _tiers_follow_points(store: _Snapshot) -> list[str]:
    return [
        f"{member.id} is {member.tier} with {member.tier_points} points"
        for member in store.members
        if Tier(member.tier) is not tier_of(member.tier_points)
    ]


def _no_negative_stock(store: _Snapshot) -> list[str]:
    return [
        f"{reward.id} has {reward.stock} left"
        for reward in store.rewards
        if reward.stock is not None and reward.stock < 0
    ]


def _vouchers_were_paid(store: _Snapshot) -> list[str]:
    paid = {
        entry.key.partition(":")[2]: (entry.membership_id, -entry.points)
        for entry in store.entries
        if entry.kind == EntryKind.REDEEMED.value
    }
    findings = []
    for voucher in store.vouchers:
        payment = paid.pop(voucher.code, None)
        if payment != (voucher.membership_id, voucher.cost):
            findings.append(f"{voucher.code} cost {voucher.cost}, the ledger says {payment}")
    return findings + [f"{code} was paid for and does not exist" for code in paid]
