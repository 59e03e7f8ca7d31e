"""Wrong sign-ins by strangers never lock out the owner of an account: not at home, not while signed in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from marquee_subgraphs.kit.clock import FrozenClock
from marquee_subgraphs.users.domain import KNOWN_DEVICE_LIFETIME
from marquee_subgraphs.users.service import UserService
from marquee_subgraphs.users.store import UserStore
from marquee_subgraphs.users.tables import KNOWN_DEVICES
from tests.subgraphs.door import Door
from tests.subgraphs.users.people import (
    CHANGE_PASSWORD,
    ERASE,
    LOGIN,
    LOGIN_KNOWN,
    PASSWORD,
    REGISTER_KNOWN,
    as_user,
    refusals,
    register,
    send,
)

ANA = "ana@example.test"
HOME = "198.51.100.7"
LIMITED = [("RATE_LIMITED", None)]
WRONG = [("INVALID_CREDENTIALS", None)]


def come_from(address: str) -> dict[str, str]:
    return {"x-marquee-client-address": address}


async def guess(door: Door, times: int, address: str, **more: Any) -> None:
    for _ in range(times):
        await send(door, LOGIN, headers=come_from(address), email=ANA, password="a wrong guess", **more)


async def sign_in(door: Door, address: str, email: str = ANA, **more: Any) -> Any:
    return await send(door, LOGIN_KNOWN, headers=come_from(address), email=email, password=PASSWORD, **more)


async def guess_from_ten_addresses(door: Door) -> None:
    """Exhaust what all strangers together may try."""
    for host in range(1, 11):
        await guess(door, 10, f"203.0.113.{host}")


async def rows_of_devices(door: Door) -> int:
    assert door.subgraph.database is not None
    async with door.subgraph.database.read() as connection:
        return int(await connection.scalar(select(func.count()).select_from(KNOWN_DEVICES)) or 0)


async def test_guesses_from_one_address_do_not_lock_out_the_owner_at_another(any_door: Door) -> None:
    await register(any_door)
    await guess(any_door, 30, "203.0.113.1")
    assert refusals(await sign_in(any_door, "203.0.113.1")) == LIMITED
    assert (await sign_in(any_door, HOME))["user"]


async def test_a_host_with_many_addresses_of_ipv6_is_one_address(door: Door) -> None:
    await register(door)
    for host in range(1, 11):
        await guess(door, 1, f"2001:db8:0:1::{host:x}")
    assert refusals(await sign_in(door, "2001:db8:0:1::ffff")) == LIMITED
    assert (await sign_in(door, "2001:db8:0:2::1"))["user"]


async def test_guesses_from_many_addresses_are_limited_and_a_known_device_is_let_in(any_door: Door) -> None:
    await register(any_door)
    token = (await sign_in(any_door, HOME))["deviceToken"]
    await guess_from_ten_addresses(any_door)
    assert refusals(await sign_in(any_door, HOME)) == LIMITED
    # Elsewhere, too: the device is known and not its address.
    again = await sign_in(any_door, "203.0.113.1", deviceToken=token)
    assert (again["user"] is not None, again["deviceToken"]) == (True, token)


async def test_the_device_that_registers_is_known(door: Door) -> None:
    payload = await send(door, REGISTER_KNOWN, name="Ana Pérez", email=ANA, password=PASSWORD)
    await guess_from_ten_addresses(door)
    assert (await sign_in(door, HOME, deviceToken=payload["deviceToken"]))["user"]


async def test_a_known_device_guesses_no_more_than_others(door: Door) -> None:
    await register(door)
    token = (await sign_in(door, HOME))["deviceToken"]
    await guess(door, 10, HOME, deviceToken=token)
    assert refusals(await sign_in(door, HOME, deviceToken=token)) == LIMITED
    assert refusals(await sign_in(door, "198.51.100.8", deviceToken=token)) == LIMITED


@pytest.mark.parametrize("token", ["", "x" * 1_000_000, "\x00", "unknown"])
async def test_a_made_up_device_is_unknown(door: Door, token: str) -> None:
    await register(door)
    await guess_from_ten_addresses(door)
    assert refusals(await sign_in(door, HOME, deviceToken=token)) == LIMITED


async def test_a_device_is_known_to_its_own_account_alone(door: Door) -> None:
    await register(door)
    await register(door, name="Bob", email="bob@example.test")
    bobs = (await sign_in(door, HOME, "bob@example.test"))["deviceToken"]
    await guess_from_ten_addresses(door)
    assert refusals(await sign_in(door, HOME, deviceToken=bobs)) == LIMITED


async def test_a_device_is_forgotten_when_it_is_not_used(door: Door, clock: FrozenClock) -> None:
    await register(door)
    token = (await sign_in(door, HOME))["deviceToken"]
    clock.advance(KNOWN_DEVICE_LIFETIME - timedelta(days=1))
    assert (await sign_in(door, HOME, deviceToken=token))["deviceToken"] == token
    clock.advance(timedelta(days=2))
    assert (await sign_in(door, HOME, deviceToken=token))["deviceToken"] == token
    clock.advance(KNOWN_DEVICE_LIFETIME)
    service = door.subgraph.service
    assert isinstance(service, UserService)
    await service.sessions.delete_expired()
    assert await rows_of_devices(door) == 0
    assert (await sign_in(door, HOME, deviceToken=token))["deviceToken"] != token


async def test_an_erased_account_keeps_no_device(any_door: Door, clock: FrozenClock) -> None:
    ana = (await register(any_door))["user"]["id"]
    assert any_door.subgraph.database is not None
    assert await rows_of_devices(any_door) == 1
    async with any_door.subgraph.database.transaction() as tx:
        await UserStore().erasures.erase(tx, ana, clock.now())
    assert await rows_of_devices(any_door) == 0


async def test_what_needs_the_password_works_while_strangers_guess(any_door: Door) -> None:
    me = as_user(await register(any_door))
    await guess_from_ten_addresses(any_door)
    new: dict[str, Any] = {"currentPassword": PASSWORD, "newPassword": "another quiet evening"}
    assert (await send(any_door, CHANGE_PASSWORD, me, **new))["errors"] == []
    assert (await send(any_door, ERASE, me, password="another quiet evening"))["errors"] == []


async def test_wrong_confirmations_are_limited_for_their_session_alone(door: Door) -> None:
    stolen = as_user(await register(door))
    mine = as_user(await sign_in(door, HOME))
    wrong: dict[str, Any] = {"currentPassword": "a wrong guess", "newPassword": "another quiet evening"}
    for _ in range(10):
        assert refusals(await send(door, CHANGE_PASSWORD, stolen, **wrong)) == WRONG
    assert refusals(await send(door, ERASE, stolen, password=PASSWORD)) == LIMITED
    # The owner can sign in, and end the thief's session from another.
    assert (await sign_in(door, HOME))["user"]
    right: dict[str, Any] = {"currentPassword": PASSWORD, "newPassword": "another quiet evening"}
    assert (await send(door, CHANGE_PASSWORD, mine, **right))["errors"] == []


async def test_no_email_can_be_made_up_to_fill_the_limit_of_another(door: Door) -> None:
    await register(door)
    for email in (f"{ANA} from {HOME}", f"{HOME} {ANA}", f"from {HOME} {ANA}"):
        for host in range(1, 11):
            for _ in range(10):
                address = come_from(f"203.0.113.{host}")
                await send(door, LOGIN, headers=address, email=email, password="a wrong guess")
    assert (await sign_in(door, HOME))["user"]
