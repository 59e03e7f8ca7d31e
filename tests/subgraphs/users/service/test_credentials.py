"""Signing in: only the right password opens a session, and guessing is slow."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from marquee_subgraphs.kit.clock import FrozenClock
from tests.subgraphs.door import Door
from tests.subgraphs.users.people import LOGIN, PASSWORD, as_user, refusals, register, send


async def test_signing_in_gives_tokens_of_a_new_session(any_door: Door) -> None:
    registered = await register(any_door)
    payload = await send(any_door, LOGIN, email="ANA@example.test", password=PASSWORD)
    assert payload["user"]["id"] == registered["user"]["id"]
    assert payload["user"]["email"] == "ana@example.test"
    assert as_user(payload).session_id != as_user(registered).session_id


async def test_a_wrong_password_and_an_unknown_email_look_alike(door: Door) -> None:
    await register(door)
    wrong = await send(door, LOGIN, email="ana@example.test", password="not this one")
    unknown = await send(door, LOGIN, email="bob@example.test", password="not this one")
    assert refusals(wrong) == refusals(unknown) == [("INVALID_CREDENTIALS", None)]
    assert wrong["errors"] == unknown["errors"]


async def test_a_hostile_password_is_only_wrong(door: Door) -> None:
    await register(door)
    for password in ("", "x" * 1_000_000, "\x00", "\ue000", PASSWORD + " "):
        payload = await send(door, LOGIN, email="ana@example.test", password=password)
        assert refusals(payload) == [("INVALID_CREDENTIALS", None)]


async def test_guessing_is_slowed_per_account_even_with_the_right_password(
    door: Door, clock: FrozenClock
) -> None:
    await register(door)
    for _ in range(10):
        await send(door, LOGIN, email="ana@example.test", password="a wrong guess")
    payload = await send(door, LOGIN, email="Ana@example.test", password=PASSWORD)
    assert refusals(payload) == [("RATE_LIMITED", None)]
    retry_after = timedelta(seconds=payload["errors"][0]["retryAfterSeconds"])
    clock.advance(retry_after - timedelta(seconds=1))
    payload = await send(door, LOGIN, email="ana@example.test", password=PASSWORD)
    assert refusals(payload) == [("RATE_LIMITED", None)]
    clock.advance(timedelta(seconds=1))
    assert (await send(door, LOGIN, email="ana@example.test", password=PASSWORD))["user"]


async def test_guesses_sent_all_at_once_are_slowed_as_well(any_door: Door) -> None:
    await register(any_door)
    guesses = [
        send(any_door, LOGIN, email="ana@example.test", password=f"guess number {n}") for n in range(60)
    ]
    codes = [payload["errors"][0]["code"] for payload in await asyncio.gather(*guesses)]
    assert codes.count("INVALID_CREDENTIALS") <= 11
    assert set(codes) == {"INVALID_CREDENTIALS", "RATE_LIMITED"}


async def test_guessing_over_many_accounts_is_slowed_per_address(door: Door) -> None:
    await register(door)
    thief = {"x-marquee-client-address": "203.0.113.9"}
    for number in range(100):
        await send(door, LOGIN, headers=thief, email=f"user{number}@example.test", password="a wrong guess")
    blocked = await send(door, LOGIN, headers=thief, email="ana@example.test", password=PASSWORD)
    assert refusals(blocked) == [("RATE_LIMITED", None)]
    elsewhere = {"x-marquee-client-address": "203.0.113.10"}
    assert (await send(door, LOGIN, headers=elsewhere, email="ana@example.test", password=PASSWORD))["user"]
