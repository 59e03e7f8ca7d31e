"""A phone number is given, changed and taken away by its owner alone, and forgotten with them."""

from __future__ import annotations

from typing import Any

import pytest

from marquee_subgraphs.kit.identity import Viewer
from tests.subgraphs.door import Door, customer
from tests.subgraphs.users.people import ERRORS, EXPORT, admin, as_user, refusals, register, send

UPDATE = (
    f"mutation ($input: UpdateUserInput!) "
    f"{{ updateUser(input: $input) {{ user {{ id name phone }} {ERRORS} }} }}"
)


async def phone_as_seen(door: Door, user_id: str, viewer: Viewer) -> Any:
    return (await door.entities("User", [user_id], "phone", viewer)).only()[0]["phone"]


async def test_it_is_given_and_taken_away(any_door: Door) -> None:
    ana = await register(any_door)
    user_id = ana["user"]["id"]
    given = await send(any_door, UPDATE, as_user(ana), phone="+51 987-654 321")
    assert given["user"]["phone"] == "+51987654321"
    renamed = await send(any_door, UPDATE, as_user(ana), name="Ana P.")
    assert renamed["user"]["phone"] == "+51987654321", "what is not named stays"
    exported = await any_door.ask(EXPORT, {}, as_user(ana))
    assert exported.only()["data"]["user"]["phone"] == "+51987654321"
    assert await phone_as_seen(any_door, user_id, admin()) == "+51987654321"
    assert await phone_as_seen(any_door, user_id, customer("usr_01KF1D0X80BRUNO00000000000")) is None
    taken = await send(any_door, UPDATE, as_user(ana), phone="")
    assert taken["user"]["phone"] is None


@pytest.mark.parametrize(
    "phone", ["987654321", "+0987654321", "+51", "+51987654321" * 9, "call me", "+51 98x7654"]
)
async def test_what_is_no_number_is_refused(door: Door, phone: str) -> None:
    ana = await register(door)
    refused = await send(door, UPDATE, as_user(ana), phone=phone)
    assert refusals(refused) == [("INVALID_INPUT", ["input", "phone"])]
