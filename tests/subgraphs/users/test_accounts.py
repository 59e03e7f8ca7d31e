"""Making an account and signing in."""

from __future__ import annotations

import asyncio
import itertools
from datetime import timedelta

import jwt

from marquee_subgraphs.kit.clock import FrozenClock
from marquee_subgraphs.users.domain import SCOPES, Role
from tests.subgraphs.door import Door, customer
from tests.subgraphs.users.people import (
    LOGIN,
    PASSWORD,
    REGISTER,
    SET_ROLE,
    admin,
    as_user,
    refusals,
    register,
    send,
)


async def _count_users(door: Door) -> int:
    total = (await door.ask("{ users { totalCount } }", viewer=admin())).only()["totalCount"]
    assert isinstance(total, int)
    return total


async def test_registering_makes_a_customer_and_signs_in(any_door: Door) -> None:
    payload = await register(any_door, email=" Ana@Example.TEST ", locale="EN")
    user = payload["user"]
    assert user["email"] == "ana@example.test"
    assert (user["name"], user["role"], user["locale"]) == ("Ana Pérez", "CUSTOMER", "EN")
    assert payload["refreshToken"]
    me = await any_door.ask("{ me { id name email role } }", viewer=as_user(payload))
    assert me.only() == {
        "id": user["id"],
        "name": "Ana Pérez",
        "email": "ana@example.test",
        "role": "CUSTOMER",
    }


async def test_signing_in_gives_tokens_of_a_new_session(any_door: Door) -> None:
    registered = await register(any_door)
    payload = await send(any_door, LOGIN, email="ANA@example.test", password=PASSWORD)
    assert payload["user"]["id"] == registered["user"]["id"]
    assert payload["user"]["email"] == "ana@example.test"
    assert as_user(payload).session_id != as_user(registered).session_id


async def test_the_access_token_says_who_and_what_for_a_quarter_of_an_hour(
    door: Door, clock: FrozenClock
) -> None:
    payload = await register(door)
    status, jwks = await door.get("/.well-known/jwks.json")
    assert status == 200
    [key] = jwt.PyJWKSet.from_dict(jwks).keys
    assert jwt.get_unverified_header(payload["accessToken"])["kid"] == key.key_id
    claims = jwt.decode(
        payload["accessToken"], key, algorithms=["EdDSA"], audience="marquee", options={"verify_exp": False}
    )
    assert claims["iss"] == "marquee-users"
    assert claims["sub"] == payload["user"]["id"]
    assert (claims["roles"], claims["scope"]) == (["customer"], "")
    assert claims["exp"] - claims["iat"] == 15 * 60 == claims["exp"] - int(clock.now().timestamp())
    assert "cinemas" not in claims
    assert "d" not in jwks["keys"][0]


async def test_the_token_of_staff_carries_scopes_and_cinemas(door: Door) -> None:
    user = (await register(door))["user"]
    await send(
        door,
        SET_ROLE,
        admin(),
        userId=user["id"],
        role="BOX_OFFICE",
        cinemaIds=["cin_1"],
        reason="Hired at the box office",
    )
    payload = await send(door, LOGIN, email="ana@example.test", password=PASSWORD)
    claims = jwt.decode(payload["accessToken"], options={"verify_signature": False})
    assert claims["roles"] == ["box_office"]
    assert set(claims["scope"].split()) == SCOPES[Role.BOX_OFFICE]
    assert claims["cinemas"] == ["cin_1"]


def test_each_role_may_do_what_the_lesser_may() -> None:
    order = [Role.CUSTOMER, Role.BOX_OFFICE, Role.MANAGER, Role.ADMIN]
    for lesser, greater in itertools.pairwise(order):
        assert SCOPES[lesser] < SCOPES[greater]


BAD_REGISTRATIONS: list[tuple[dict[str, str], list[tuple[str, list[str]]]]] = [
    ({"name": ""}, [("INVALID_INPUT", ["input", "name"])]),
    ({"name": "   "}, [("INVALID_INPUT", ["input", "name"])]),
    ({"name": "x" * 101}, [("INVALID_INPUT", ["input", "name"])]),
    ({"name": "x" * 1_000_000}, [("INVALID_INPUT", ["input", "name"])]),
    ({"name": "Ana\x00"}, [("INVALID_INPUT", ["input", "name"])]),
    ({"name": "Ana\u202egro"}, [("INVALID_INPUT", ["input", "name"])]),
    ({"name": "Ana\ue000"}, [("INVALID_INPUT", ["input", "name"])]),
    ({"email": "ana"}, [("INVALID_INPUT", ["input", "email"])]),
    ({"email": "ana@localhost"}, [("INVALID_INPUT", ["input", "email"])]),
    ({"email": "ana@example.test\nBcc: all@example.test"}, [("INVALID_INPUT", ["input", "email"])]),
    ({"email": "a" * 300 + "@example.test"}, [("INVALID_INPUT", ["input", "email"])]),
    ({"email": "' OR 1=1 --@example.test"}, [("INVALID_INPUT", ["input", "email"])]),
    (
        {"name": "", "email": ""},
        [("INVALID_INPUT", ["input", "name"]), ("INVALID_INPUT", ["input", "email"])],
    ),
    ({"password": "short"}, [("WEAK_PASSWORD", ["input", "password"])]),
    ({"password": ""}, [("WEAK_PASSWORD", ["input", "password"])]),
    ({"password": "a" * 30}, [("WEAK_PASSWORD", ["input", "password"])]),
    ({"password": "ana@example.test"}, [("WEAK_PASSWORD", ["input", "password"])]),
    ({"password": "Password123"}, [("WEAK_PASSWORD", ["input", "password"])]),
    ({"password": "long enough " * 20}, [("WEAK_PASSWORD", ["input", "password"])]),
]


async def test_a_bad_registration_is_typed_and_changes_nothing(door: Door) -> None:
    good = {"name": "Ana Pérez", "email": "ana@example.test", "password": PASSWORD}
    for fields, expected in BAD_REGISTRATIONS:
        document = {"input": {**good, **fields}}
        assert refusals((await door.ask(REGISTER, document)).only()) == expected, str(fields)[:200]
    assert await _count_users(door) == 0


async def test_nobody_registers_as_staff(door: Door) -> None:
    answer = await door.ask(
        REGISTER,
        {"input": {"name": "Eve", "email": "eve@example.test", "password": PASSWORD, "role": "ADMIN"}},
    )
    assert answer.data is None
    assert answer.errors
    assert await _count_users(door) == 0


async def test_twenty_racing_registrations_of_one_email_make_one_account(any_door: Door) -> None:
    attempts = [
        send(any_door, REGISTER, name=f"Racer {n}", email=email, password=PASSWORD)
        for n, email in enumerate(["race@example.test", "Race@Example.Test"] * 10)
    ]
    payloads = await asyncio.gather(*attempts)
    winners = [payload for payload in payloads if payload["user"]]
    losers = [payload for payload in payloads if not payload["user"]]
    assert len(winners) == 1
    assert [refusals(loser) for loser in losers] == [[("EMAIL_TAKEN", ["input", "email"])]] * 19
    assert await _count_users(any_door) == 1


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


async def test_the_account_survives_a_restart(any_door: Door) -> None:
    payload = await register(any_door)
    await any_door.subgraph.stop()
    await any_door.subgraph.start()
    again = await send(any_door, LOGIN, email="ana@example.test", password=PASSWORD)
    assert again["user"]["id"] == payload["user"]["id"]
    headers = [jwt.get_unverified_header(each["accessToken"]) for each in (payload, again)]
    assert headers[0]["kid"] == headers[1]["kid"]


async def test_someone_who_does_not_exist_is_null(door: Door) -> None:
    assert (await door.ask("{ me { id } }", viewer=customer("usr_01HN0000000000000000000000"))).only() is None
    assert (await door.ask("{ me { id } }")).only() is None
