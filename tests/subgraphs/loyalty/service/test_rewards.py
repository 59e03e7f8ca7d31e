"""Rewards: never more spent than there is, never more given than there are; and who may do what."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from marquee_subgraphs.kit.audit import AuditLog
from marquee_subgraphs.kit.identity import ANONYMOUS
from marquee_subgraphs.loyalty.store import LoyaltyStore
from tests.subgraphs.door import customer, staff
from tests.subgraphs.loyalty.club import ADMIN, ANA, BEN, Club


def codes(payload: Any) -> list[str]:
    return [error["code"] for error in payload["errors"]]


async def test_thirty_redemptions_at_once_with_points_for_three_make_three(any_club: Club) -> None:
    club = any_club
    await club.join()
    await club.adjust(350)
    reward = (await club.reward(cost=100))["reward"]

    payloads = await asyncio.gather(*[club.redeem(reward["id"]) for _ in range(30)])

    assert sum(payload["voucher"] is not None for payload in payloads) == 3
    refused = [error for payload in payloads for error in payload["errors"]]
    assert Counter((error["code"], error["missing"]) for error in refused) == {("NOT_ENOUGH_POINTS", 50): 27}
    assert await club.balance() == (50, 0)
    assert len((await club.membership())["vouchers"]) == 3
    assert len(await club.said("voucher.issued")) == 3
    assert await club.broken() == []


async def test_many_members_at_once_share_the_last_of_a_stock(any_club: Club) -> None:
    club = any_club
    members = [customer(f"usr_01KF1D0X80MEMBER00000000{number:02}") for number in range(12)]
    for member in members:
        await club.know(member)
        await club.adjust(100, of=member)
    reward = (await club.reward(cost=100, stock=5))["reward"]

    payloads = await asyncio.gather(*[club.redeem(reward["id"], viewer=member) for member in members])

    assert Counter(code for payload in payloads for code in codes(payload)) == {"REWARD_UNAVAILABLE": 7}
    stock = (await club.door.ask("{ rewards { nodes { stock } } }")).only()
    assert stock["nodes"] == [{"stock": 0}]
    assert await club.broken() == []


async def test_the_same_key_redeems_once_however_often_it_comes(any_club: Club) -> None:
    club = any_club
    await club.join()
    await club.adjust(1000)
    reward, other = [(await club.reward(cost=100))["reward"]["id"] for _ in range(2)]

    payloads = await asyncio.gather(*[club.redeem(reward, key="only-once") for _ in range(8)])

    assert len({payload["voucher"]["code"] for payload in payloads}) == 1
    assert await club.balance() == (900, 0)
    assert codes(await club.redeem(other, key="only-once")) == ["IDEMPOTENCY_CONFLICT"]
    assert await club.broken() == []


async def test_a_refused_redemption_changes_nothing_and_its_key_may_try_again(any_club: Club) -> None:
    club = any_club
    await club.join()
    reward = (await club.reward(cost=100, stock=1))["reward"]["id"]
    refused = await club.redeem(reward, key="try-again")
    assert (codes(refused), refused["errors"][0]["missing"]) == (["NOT_ENOUGH_POINTS"], 100)
    await club.adjust(100)
    assert codes(await club.redeem(reward, key="try-again")) == []
    assert await club.broken() == []


async def test_points_of_a_showtime_that_just_started_can_be_spent(club: Club) -> None:
    await club.join()
    await club.pay(await club.schedule(timedelta(hours=1)), 1000)
    reward = (await club.reward(cost=100))["reward"]["id"]
    assert codes(await club.redeem(reward)) == ["NOT_ENOUGH_POINTS"], "pending points are not to spend"
    club.clock.advance(timedelta(hours=1))
    assert codes(await club.redeem(reward)) == []
    assert await club.balance() == (0, 0)


async def test_a_voucher_is_told_to_tickets_and_its_use_comes_back(any_club: Club) -> None:
    club = any_club
    await club.join()
    await club.adjust(100)
    value = {"amount": "12.50", "currency": "PEN"}
    reward = (await club.reward(kind="AMOUNT", value=value))["reward"]
    voucher = (await club.redeem(reward["id"]))["voucher"]
    [issued] = await club.said("voucher.issued")
    assert issued.aggregate_id == voucher["code"]
    assert {name: issued.payload[name] for name in ("code", "user_id", "kind", "value", "percent")} == {
        "code": voucher["code"],
        "user_id": ANA.user_id,
        "kind": "AMOUNT",
        "value": {"minor": 1250, "currency": "PEN"},
        "percent": None,
    }

    def told(how: str, version: int) -> Any:
        names = {"code": voucher["code"], "user_id": ANA.user_id, "order_id": "ord_1"}
        return club.event(f"voucher.{how}", voucher["code"], version, **names)

    used_at = []
    for how, version in (("used", 1), ("released", 2), ("used", 1), ("used", 3)):
        await club.hear(told(how, version))
        used_at.append((await club.membership())["vouchers"][0]["usedAt"])
    assert [each is not None for each in used_at] == [True, False, False, True]


async def test_joining_again_changes_nothing(any_club: Club) -> None:
    club = any_club
    payloads = await asyncio.gather(*[club.join() for _ in range(10)])
    assert len({payload["membership"]["id"] for payload in payloads}) == 1
    [joined] = await club.said("membership.joined")
    assert joined.payload == {"user_id": ANA.user_id, "tier": "BRONZE"}
    assert codes(await club.join(ANONYMOUS)) == ["UNAUTHENTICATED"]


async def test_staff_adjust_points_once_with_a_reason_that_is_kept(any_club: Club) -> None:
    club = any_club
    await club.join()
    await asyncio.gather(*[club.adjust(500, key="the-projector") for _ in range(5)])
    assert await club.balance() == (500, 0)
    assert codes(await club.adjust(501, key="the-projector")) == ["IDEMPOTENCY_CONFLICT"]
    assert (await club.adjust(-700))["membership"]["points"] == -200
    async with club.database.read() as connection:
        entries = await AuditLog(club.clock).entries(connection)
    assert [(each.action, each.target, each.before, each.after) for each in entries] == [
        ("adjustPoints", ANA.user_id, 0, 500),
        ("adjustPoints", ANA.user_id, 500, -200),
    ]
    assert {each.reason for each in entries} == {"the projector broke"}
    assert await club.broken() == []


async def test_points_given_to_somebody_who_had_not_joined_make_them_a_member(club: Club) -> None:
    assert codes(await club.adjust(10, of=BEN)) == ["NOT_FOUND"]
    await club.know(BEN)
    assert (await club.adjust(10, of=BEN))["membership"]["points"] == 10
    assert len(await club.said("membership.joined")) == 1


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"points": 0}, ["points"]),
        ({"points": 2_000_000}, ["points"]),
        ({"reason": "  "}, ["reason"]),
        ({"key": "short"}, ["idempotencyKey"]),
    ],
)
async def test_an_adjustment_must_say_something(
    club: Club, changes: dict[str, Any], fields: list[str]
) -> None:
    await club.join()
    payload = await club.adjust(changes.pop("points", 5), **changes)
    assert [error["path"][-1] for error in payload["errors"]] == fields


async def test_nobody_gives_points_to_themself_nor_without_the_scope(club: Club) -> None:
    await club.join(ADMIN)
    await club.join(ANA)
    assert codes(await club.adjust(5, of=ADMIN)) == ["NOT_ALLOWED"]
    assert codes(await club.adjust(5, viewer=BEN)) == ["NOT_ALLOWED"]
    assert codes(await club.adjust(5, viewer=staff("rewards:write"))) == ["NOT_ALLOWED"]
    assert codes(await club.adjust(5, viewer=ANONYMOUS)) == ["UNAUTHENTICATED"]
    assert codes(await club.reward(viewer=ANA)) == ["NOT_ALLOWED"]
    assert await club.balance(ANA) == (0, 0)


async def test_a_membership_is_read_by_its_owner_and_by_staff_with_a_scope(club: Club) -> None:
    await club.join()
    member_id = (await club.membership())["id"]
    seen = {}
    for name, viewer in {
        "owner": ANA,
        "other": BEN,
        "guest": ANONYMOUS,
        "support": staff("users:read"),
        "manager": staff("reports:read", role="manager"),
    }.items():
        by_user = await club.door.entities("User", [str(ANA.user_id)], "membership { id }", viewer)
        by_id = await club.door.entities("Membership", [member_id], "points", viewer)
        seen[name] = (by_user.codes, by_id.only()[0] is not None)
    assert seen == {
        "owner": ([], True),
        "other": (["NOT_ALLOWED"], False),
        "guest": (["UNAUTHENTICATED"], False),
        "support": ([], True),
        "manager": (["NOT_ALLOWED"], False),
    }


MONEY = {"amount": "5.00", "currency": "PEN"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"cost": 0}, "cost"),
        ({"stock": -1}, "stock"),
        ({"kind": "AMOUNT"}, "value"),
        ({"kind": "AMOUNT", "value": {"amount": "0.00", "currency": "PEN"}}, "value"),
        ({"kind": "PERCENT"}, "percent"),
        ({"kind": "PERCENT", "percent": 0}, "percent"),
        ({"kind": "PERCENT", "percent": 101}, "percent"),
        ({"kind": "PERCENT", "percent": 10, "value": MONEY}, "value"),
        ({"kind": "FREE_SEAT", "percent": 10}, "percent"),
    ],
)
async def test_a_reward_says_what_it_is_worth(club: Club, changes: dict[str, Any], field: str) -> None:
    payload = await club.reward(**changes)
    assert payload["reward"] is None
    assert [(error["code"], error["path"][1]) for error in payload["errors"]] == [("INVALID_INPUT", field)]


async def test_what_cannot_be_redeemed_is_refused_by_name(club: Club) -> None:
    unknown = club.new_reward_id()
    assert codes(await club.redeem(unknown)) == ["NOT_A_MEMBER"]
    await club.join()
    assert codes(await club.redeem(unknown)) == ["REWARD_UNAVAILABLE"]
    assert codes(await club.redeem("rwd_nonsense")) == ["INVALID_INPUT"]
    sold_out = (await club.reward(stock=0))["reward"]["id"]
    assert codes(await club.redeem(sold_out)) == ["REWARD_UNAVAILABLE"]


async def test_rewards_come_in_pages_the_cheapest_first(club: Club) -> None:
    for cost in (300, 100, 200):
        await club.reward(name=f"for {cost}", cost=cost)
    page = (
        await club.door.ask("{ rewards(first: 2) { totalCount nodes { cost } pageInfo { endCursor } } }")
    ).only()
    assert (page["totalCount"], page["nodes"]) == (3, [{"cost": 100}, {"cost": 200}])
    query = "query ($after: String) { rewards(after: $after) { nodes { id cost } } }"
    rest = (await club.door.ask(query, {"after": page["pageInfo"]["endCursor"]})).only()["nodes"]
    assert [node["cost"] for node in rest] == [300]
    found = await club.door.ask("query ($id: ID!) { reward(id: $id) { name } }", {"id": rest[0]["id"]})
    assert found.only() == {"name": "for 300"}
    assert (await club.door.ask('{ reward(id: "rwd_no") { name } }')).only() is None


async def test_erasure_leaves_the_ledger_and_nobody_in_it(any_club: Club) -> None:
    club = any_club
    await club.join()
    await club.know(ANA)
    paid = await club.pay(await club.schedule(timedelta(hours=1)), 1000)
    await club.adjust(5, reason="Ana's birthday")
    erase = club.event("user.erasure_requested", str(ANA.user_id), user_id=ANA.user_id)
    await club.hear(erase, erase)
    [receipt] = await club.said("user.erased")
    assert receipt.payload == {"user_id": ANA.user_id, "subgraph": "loyalty"}
    assert await club.membership() is None
    told = len(await club.said("loyalty.points_reversed", "loyalty.points_released"))
    await club.hear(club.refunded(paid, 500, 500))
    club.clock.advance(timedelta(hours=2))
    await club.service.release.release_due()
    assert len(await club.said("loyalty.points_reversed", "loyalty.points_released")) == told
    assert await club.broken() == []
    assert codes(await club.adjust(5)) == ["NOT_FOUND"]
    assert codes(await club.join()) == ["NOT_FOUND"], "a token outlives the account by minutes"
    await club.know(ANA)
    assert codes(await club.adjust(5)) == ["NOT_FOUND"], "heard of late"
    store = LoyaltyStore()
    async with club.database.transaction() as tx:
        assert await store.members.lock(tx) is None, "nobody's id is not an erased one's"
    assert await club.membership() is None


async def test_joining_and_being_erased_at_once_leaves_nobody(any_club: Club) -> None:
    club = any_club
    erase = club.event("user.erasure_requested", str(ANA.user_id), user_id=ANA.user_id)
    await asyncio.gather(club.hear(erase), *[club.join() for _ in range(5)])
    assert await club.membership() is None
    assert await club.broken() == []
