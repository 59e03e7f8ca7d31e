"""Sessions: refresh tokens are used once, and a stolen one ends what it was stolen from."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from marquee_subgraphs.kit.clock import FrozenClock
from tests.subgraphs.door import Door, customer
from tests.subgraphs.users.people import (
    CHANGE_PASSWORD,
    LOGIN,
    LOGOUT,
    PASSWORD,
    REFRESH,
    as_user,
    refusals,
    register,
    send,
)

REVOKED = [("SESSION_REVOKED", ["input", "refreshToken"])]


async def _refresh(door: Door, payload: Any) -> Any:
    return await send(door, REFRESH, refreshToken=payload["refreshToken"])


async def test_refreshing_rotates_within_the_session(any_door: Door, clock: FrozenClock) -> None:
    first = await register(any_door)
    clock.advance(timedelta(minutes=20))
    second = await _refresh(any_door, first)
    assert second["errors"] == []
    assert second["user"] == first["user"]
    assert second["refreshToken"] != first["refreshToken"]
    assert second["expiresAt"] > first["expiresAt"]
    assert as_user(second) == as_user(first)
    assert (await _refresh(any_door, second))["errors"] == []


async def test_a_spent_token_that_comes_again_ends_the_whole_session(any_door: Door) -> None:
    first = await register(any_door)
    other = await send(any_door, LOGIN, email="ana@example.test", password=PASSWORD)
    second = await _refresh(any_door, first)
    assert refusals(await _refresh(any_door, first)) == REVOKED
    assert refusals(await _refresh(any_door, second)) == REVOKED
    assert (await _refresh(any_door, other))["errors"] == []


async def test_of_racing_uses_of_one_token_at_most_one_wins(any_door: Door) -> None:
    first = await register(any_door)
    payloads = await asyncio.gather(*[_refresh(any_door, first) for _ in range(10)])
    assert sum(payload["user"] is not None for payload in payloads) == 1
    [winner] = [payload for payload in payloads if payload["user"]]
    assert refusals(await _refresh(any_door, winner)) == REVOKED


async def test_a_token_never_issued_is_refused(door: Door) -> None:
    for token in ("", "unknown", "x" * 1_000_000, "\ue000"):
        assert refusals(await send(door, REFRESH, refreshToken=token)) == REVOKED


async def test_a_refresh_token_ends_after_thirty_days(door: Door, clock: FrozenClock) -> None:
    first = await register(door)
    clock.advance(timedelta(days=30))
    assert refusals(await _refresh(door, first)) == REVOKED


async def test_sessions_past_their_end_are_forgotten_and_no_others(
    any_door: Door, clock: FrozenClock
) -> None:
    old = await register(any_door)
    clock.advance(timedelta(days=29))
    new = await send(any_door, LOGIN, email="ana@example.test", password=PASSWORD)
    clock.advance(timedelta(days=2))
    await any_door.subgraph.service.sessions.delete_expired()
    assert refusals(await _refresh(any_door, old)) == REVOKED
    refreshed = await _refresh(any_door, new)
    assert refreshed["errors"] == []
    sessions = (await any_door.ask("{ me { sessions { id } } }", viewer=as_user(refreshed))).only()
    assert sessions == {"sessions": [{"id": as_user(new).session_id}]}
    assert refusals(await _refresh(any_door, new)) == REVOKED


async def test_signing_out_ends_this_session_only(door: Door) -> None:
    first = await register(door)
    second = await send(door, LOGIN, email="ana@example.test", password=PASSWORD)
    assert (await send(door, LOGOUT, as_user(first)))["success"] is True
    assert refusals(await _refresh(door, first)) == REVOKED
    assert (await _refresh(door, second))["errors"] == []


async def test_signing_out_everywhere_ends_all(door: Door) -> None:
    first = await register(door)
    second = await send(door, LOGIN, email="ana@example.test", password=PASSWORD)
    assert (await send(door, LOGOUT, as_user(first), allDevices=True))["success"] is True
    assert refusals(await _refresh(door, first)) == refusals(await _refresh(door, second)) == REVOKED


async def test_a_guest_has_nothing_to_sign_out_of(door: Door) -> None:
    assert refusals(await send(door, LOGOUT)) == [("UNAUTHENTICATED", None)]


async def test_nobody_ends_the_session_of_another(door: Door) -> None:
    first = await register(door)
    thief = customer("usr_01HTH1EF00000000000000000A", as_user(first).session_id)
    await send(door, LOGOUT, thief)
    assert (await _refresh(door, first))["errors"] == []


async def test_a_new_password_ends_the_other_sessions(any_door: Door) -> None:
    first = await register(any_door)
    second = await send(any_door, LOGIN, email="ana@example.test", password=PASSWORD)
    changed = await send(
        any_door, CHANGE_PASSWORD, as_user(first), currentPassword=PASSWORD, newPassword="another evening"
    )
    assert changed["errors"] == []
    assert refusals(await _refresh(any_door, second)) == REVOKED
    assert (await _refresh(any_door, first))["errors"] == []
    old = await send(any_door, LOGIN, email="ana@example.test", password=PASSWORD)
    assert refusals(old) == [("INVALID_CREDENTIALS", None)]
    assert (await send(any_door, LOGIN, email="ana@example.test", password="another evening"))["user"]


@pytest.mark.parametrize(
    ("current", "new", "expected"),
    [
        ("wrong", "another evening", [("INVALID_CREDENTIALS", None)]),
        (PASSWORD, "short", [("WEAK_PASSWORD", ["input", "newPassword"])]),
        (PASSWORD, "ana@example.test", [("WEAK_PASSWORD", ["input", "newPassword"])]),
    ],
)
async def test_a_bad_change_of_password_changes_nothing(
    door: Door, current: str, new: str, expected: list[Any]
) -> None:
    first = await register(door)
    payload = await send(door, CHANGE_PASSWORD, as_user(first), currentPassword=current, newPassword=new)
    assert refusals(payload) == expected
    assert (await send(door, LOGIN, email="ana@example.test", password=PASSWORD))["user"]


async def test_the_devices_are_listed_for_oneself_alone(any_door: Door, clock: FrozenClock) -> None:
    first = await register(any_door)
    clock.advance(timedelta(minutes=1))
    phone = {"x-marquee-client-device": "Phone of Ana"}
    second = await send(any_door, LOGIN, headers=phone, email="ana@example.test", password=PASSWORD)
    query = "{ me { sessions { device current lastSeenAt } } }"
    sessions = (await any_door.ask(query, viewer=as_user(second))).only()["sessions"]
    assert [(each["device"], each["current"]) for each in sessions] == [("Phone of Ana", True), (None, False)]
    entities = await any_door.entities(
        "User", [first["user"]["id"]], "sessions { id }", customer("usr_01HSME0NE000000000000000AA")
    )
    assert entities.only() == [{"sessions": None}]
