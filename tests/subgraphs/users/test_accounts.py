"""Making an account and signing in."""

from __future__ import annotations

import pytest

from subgraphs.users.app import build
from subgraphs.users.passwords import Passwords
from tests.subgraphs.conftest import OpenDoor
from tests.subgraphs.door import Door, customer

REGISTER = """
mutation ($input: RegisterUserInput!) {
  registerUser(input: $input) {
    user { id name email role locale } accessToken refreshToken expiresAt
    errors { __typename code message path }
  }
}
"""


@pytest.fixture
async def door(open_any_door: OpenDoor) -> Door:
    return await open_any_door(lambda runtime: build(runtime, passwords=Passwords(memory_kib=8, time_cost=1)))


async def test_registering_makes_a_customer_with_a_normalised_email(door: Door) -> None:
    answer = await door.ask(
        REGISTER,
        {"input": {"name": "Ana Pérez", "email": " Ana@Example.TEST", "password": "a quiet evening"}},
    )
    payload = answer.only()
    assert payload["errors"] == []
    user = payload["user"]
    assert user["email"] == "ana@example.test"
    assert user["role"] == "CUSTOMER"
    me = await door.ask("{ me { id name email role } }", viewer=customer(user["id"]))
    assert me.only() == {
        "id": user["id"],
        "name": "Ana Pérez",
        "email": "ana@example.test",
        "role": "CUSTOMER",
    }


async def test_a_guest_is_nobody(door: Door) -> None:
    assert (await door.ask("{ me { id } }")).only() is None
