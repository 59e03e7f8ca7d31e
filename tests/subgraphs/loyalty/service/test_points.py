"""Points: earned by paying, pending until the showtime, taken back with the money, never out of step."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.subgraphs.loyalty.club import ADMIN, ANA, BEN, SET_PLAN, Club


async def test_points_are_pending_until_the_showtime_starts_whether_or_not_a_task_ran(any_club: Club) -> None:
    club = any_club
    await club.join()
    showtime_id = await club.schedule(timedelta(hours=3))
    await club.pay(showtime_id, 4850)
    assert await club.balance() == (0, 480), "whole units only"

    club.clock.advance(timedelta(hours=3))

    assert await club.balance() == (480, 0)
    ledger = (await club.membership())["ledger"]
    assert [(each["kind"], each["points"], each["pending"]) for each in ledger["nodes"]] == [
        ("RELEASED", 480, False),
        ("EARNED", 480, True),
    ]
    assert {each["reason"] for each in ledger["nodes"]} == {"Metropolis"}
    [released] = await club.said("loyalty.points_released")
    assert released.payload["points"] == 480
    assert await club.broken() == []


async def test_the_task_releases_for_whoever_never_looks(any_club: Club) -> None:
    club = any_club
    showtime_id = await club.schedule(timedelta(hours=1))
    for viewer in (ANA, BEN):
        await club.join(viewer)
        await club.pay(showtime_id, 1000, viewer=viewer)
    club.clock.advance(timedelta(hours=2))
    await club.service.release.release_due()
    assert len(await club.said("loyalty.points_released")) == 2
    assert await club.broken() == []


async def test_guests_and_those_who_have_not_joined_earn_nothing(club: Club) -> None:
    await club.join(ANA)
    showtime_id = await club.schedule()
    guest = await club.pay(showtime_id, 5000, viewer=None)
    await club.hear(club.refunded(guest, 5000, 5000))
    stranger = await club.pay(showtime_id, 5000, viewer=BEN)
    await club.hear(club.refunded(stranger, 1000, 1000))
    assert await club.membership(BEN) is None
    assert await club.balance() == (0, 0)
    assert await club.said("loyalty.points_earned") == []
    assert await club.broken() == []


async def test_a_premium_member_earns_more_and_nobody_makes_themself_one(club: Club) -> None:
    await club.join()
    given = {"userId": ANA.user_id, "plan": "PREMIUM", "reason": "paid for a year"}
    own = {"userId": ADMIN.user_id, "plan": "PREMIUM", "reason": "because I can"}
    for given_, viewer in ((given, ANA), (own, ADMIN)):
        refused = (await club.door.ask(SET_PLAN, {"input": given_}, viewer=viewer)).only()
        assert [error["code"] for error in refused["errors"]] == ["NOT_ALLOWED"]
    granted = (await club.door.ask(SET_PLAN, {"input": given}, viewer=ADMIN)).only()
    assert granted == {"membership": {"plan": "PREMIUM"}, "errors": []}
    await club.pay(await club.schedule(), 1000)
    assert await club.balance() == (0, 150)


@pytest.mark.parametrize("released_first", [False, True])
async def test_a_refund_takes_back_its_share_and_never_more_than_was_earned(
    any_club: Club, released_first: bool
) -> None:
    club = any_club
    await club.join()
    showtime_id = await club.schedule(timedelta(hours=1))
    paid = await club.pay(showtime_id, 3000)
    if released_first:
        club.clock.advance(timedelta(hours=2))
        await club.service.release.release_due()
    index = 0 if released_first else 1
    left = []
    for version, (minor, total) in enumerate([(1000, 1000), (500, 1500), (1500, 3000)], start=1):
        await club.hear(club.refunded(paid, minor, total, version))
        left.append((await club.balance())[index])
    assert left == [200, 150, 0]
    reversed_ = [event.payload["points"] for event in await club.said("loyalty.points_reversed")]
    assert reversed_ == [100, 50, 150]
    club.clock.advance(timedelta(hours=2))
    assert await club.balance() == (0, 0)
    assert await club.broken() == []


async def test_points_that_were_spent_are_taken_back_all_the_same(any_club: Club) -> None:
    club = any_club
    await club.join()
    paid = await club.pay(await club.schedule(timedelta(hours=1)), 2000)
    club.clock.advance(timedelta(hours=2))
    reward = (await club.reward(cost=150))["reward"]
    assert (await club.redeem(reward["id"]))["membership"] == {"points": 50}
    await club.hear(club.refunded(paid, 2000, 2000))
    assert await club.balance() == (-150, 0)
    assert await club.broken() == []


async def test_points_of_a_cancelled_showtime_are_never_released(club: Club) -> None:
    await club.join()
    showtime_id = await club.schedule(timedelta(hours=1))
    paid = await club.pay(showtime_id, 1000)
    await club.hear(club.event("showtime.cancelled", showtime_id, 2, showtime_id=showtime_id))
    club.clock.advance(timedelta(hours=2))
    assert await club.balance() == (0, 100)
    await club.hear(club.refunded(paid, 1000, 1000))
    assert await club.balance() == (0, 0)


async def test_a_showtime_that_moved_releases_when_it_starts(club: Club) -> None:
    await club.join()
    showtime_id = await club.schedule(timedelta(hours=1))
    await club.pay(showtime_id, 1000)
    later = (club.clock.now() + timedelta(hours=5)).isoformat()
    moved = club.event("showtime.rescheduled", showtime_id, 2, showtime_id=showtime_id, starts_at=later)
    await club.hear(moved)
    club.clock.advance(timedelta(hours=2))
    assert await club.balance() == (0, 100)
    club.clock.advance(timedelta(hours=3))
    assert await club.balance() == (100, 0)


async def test_a_tier_is_of_the_last_twelve_months(any_club: Club) -> None:
    club = any_club
    await club.join()
    await club.pay(await club.schedule(timedelta(hours=1)), 12_000)
    found = await club.membership()
    assert (found["tier"], found["nextTier"], found["pointsToNextTier"]) == ("BRONZE", "SILVER", 1000)

    club.clock.advance(timedelta(hours=2))
    found = await club.membership()
    assert (found["tier"], found["nextTier"], found["pointsToNextTier"]) == ("SILVER", "GOLD", 1800)

    club.clock.advance(timedelta(days=200))
    await club.pay(await club.schedule(timedelta(hours=-1)), 70_000)
    assert (await club.membership())["tier"] == "PLATINUM"
    assert (await club.membership())["nextTier"] is None

    club.clock.advance(timedelta(days=166))
    await club.service.release.release_due()
    assert (await club.membership())["tier"] == "GOLD"
    assert await club.balance() == (8200, 0), "a lower tier costs no points"
    changes = [(e.payload["previous"], e.payload["tier"]) for e in await club.said("membership.tier_changed")]
    assert changes == [("BRONZE", "SILVER"), ("SILVER", "PLATINUM"), ("PLATINUM", "GOLD")]
    assert await club.broken() == []


async def test_spending_costs_no_tier_and_a_refund_does(club: Club) -> None:
    await club.join()
    paid = await club.pay(await club.schedule(timedelta(hours=-1)), 10_000)
    reward = (await club.reward(cost=900))["reward"]
    await club.redeem(reward["id"])
    assert (await club.membership())["tier"] == "SILVER"
    await club.hear(club.refunded(paid, 5_000, 5_000))
    found = await club.membership()
    assert (found["tier"], found["points"], found["pointsToNextTier"]) == ("BRONZE", -400, 500)


async def test_the_ledger_comes_in_pages_for_many_members_in_few_statements(any_club: Club) -> None:
    club = any_club
    for viewer in (ANA, BEN):
        await club.join(viewer)
        for points in range(1, 6):
            await club.adjust(points, of=viewer)
    selection = """membership { points vouchers { code }
      ledger(first: 2) { totalCount nodes { points } pageInfo { endCursor } } }"""

    async def ask(*members: Any) -> tuple[Any, int]:
        with club.database.count_statements() as counted:
            answer = await club.door.entities("User", [each.user_id for each in members], selection, ADMIN)
        return answer.only(), counted.count

    one, statements_for_one = await ask(ANA)
    both, statements_for_both = await ask(ANA, BEN)
    assert statements_for_one == statements_for_both
    assert [each["membership"]["points"] for each in both] == [15, 15]
    page = one[0]["membership"]["ledger"]
    assert [node["points"] for node in page["nodes"]] == [5, 4]
    assert page["totalCount"] == 5
    rest = f'membership {{ ledger(after: "{page["pageInfo"]["endCursor"]}") {{ nodes {{ points }} }} }}'
    answer = await club.door.entities("User", [str(ANA.user_id)], rest, ANA)
    assert [node["points"] for node in answer.only()[0]["membership"]["ledger"]["nodes"]] == [3, 2, 1]
