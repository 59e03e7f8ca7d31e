"""Accounts: making one, listing them, changing one's own, giving a role."""

from __future__ import annotations

import asyncio
from typing import Any

import jwt
import pytest

from marquee_subgraphs.kit.audit import AuditLog
from marquee_subgraphs.kit.identity import Viewer
from tests.subgraphs.door import Door, customer, staff
from tests.subgraphs.users.people import (
    ERRORS,
    EXPORT,
    LOGIN,
    PASSWORD,
    REFRESH,
    REGISTER,
    SET_ROLE,
    UPDATE,
    admin,
    as_user,
    refusals,
    register,
    send,
)

UPDATE_PHONE = (
    f"mutation ($input: UpdateUserInput!) "
    f"{{ updateUser(input: $input) {{ user {{ id name phone }} {ERRORS} }} }}"
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


async def test_the_list_is_for_the_scope_and_is_walked_newest_first(any_door: Door) -> None:
    for number in range(5):
        await register(any_door, name=f"Person {number}", email=f"p{number}@example.test")
    query = """query ($after: String, $filter: UserFilter) { users(first: 2, after: $after, filter: $filter) {
        nodes { name } totalCount pageInfo { hasNextPage endCursor } } }"""
    assert (await any_door.ask(query, viewer=customer("usr_01HSME0NE000000000000000AA"))).codes == [
        "NOT_ALLOWED"
    ]
    names: list[str] = []
    after = None
    for _ in range(3):
        page = (await any_door.ask(query, {"after": after}, admin())).only()
        names += [node["name"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert sorted(names) == [f"Person {number}" for number in range(5)]
    assert page["pageInfo"]["hasNextPage"] is False
    assert page["totalCount"] == 5
    found = (await any_door.ask(query, {"filter": {"text": "P3@EXAMPLE"}}, admin())).only()
    assert (found["totalCount"], [node["name"] for node in found["nodes"]]) == (1, ["Person 3"])
    assert (await any_door.ask(query, {"filter": {"text": "x" * 101}}, admin())).codes == ["INVALID_INPUT"]
    for filter_ in ({"text": "%"}, {"text": "' OR 1=1"}, {"role": "ADMIN"}):
        assert (await any_door.ask(query, {"filter": filter_}, admin())).only()["totalCount"] == 0


async def test_one_changes_ones_own_profile_and_what_is_left_out_stays(any_door: Door) -> None:
    ana = await register(any_door)
    payload = await send(any_door, UPDATE, as_user(ana), email="Ana.P@example.test")
    assert payload["user"] == {
        "id": ana["user"]["id"],
        "name": "Ana Pérez",
        "email": "ana.p@example.test",
        "locale": "ES",
    }
    payload = await send(any_door, UPDATE, as_user(ana), name=" Ana P. de Ruiz ", locale="EN")
    assert (payload["user"]["name"], payload["user"]["locale"]) == ("Ana P. de Ruiz", "EN")
    assert payload["user"]["email"] == "ana.p@example.test"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"name": ""}, [("INVALID_INPUT", ["input", "name"])]),
        ({"email": "nobody"}, [("INVALID_INPUT", ["input", "email"])]),
        ({"email": "BOB@example.test", "name": "Eve"}, [("EMAIL_TAKEN", ["input", "email"])]),
    ],
)
async def test_a_bad_change_changes_nothing(
    any_door: Door, fields: dict[str, Any], expected: list[Any]
) -> None:
    ana = await register(any_door)
    await register(any_door, name="Bob", email="bob@example.test")
    assert refusals(await send(any_door, UPDATE, as_user(ana), **fields)) == expected
    me = (await any_door.ask("{ me { name email } }", viewer=as_user(ana))).only()
    assert me == {"name": "Ana Pérez", "email": "ana@example.test"}


async def test_a_guest_changes_nobody(door: Door) -> None:
    assert refusals(await send(door, UPDATE, name="Eve")) == [("UNAUTHENTICATED", None)]


async def test_an_admin_gives_a_role_with_a_reason_and_the_sessions_end(any_door: Door) -> None:
    ana = await register(any_door)
    payload = await send(
        any_door,
        SET_ROLE,
        admin(),
        userId=ana["user"]["id"],
        role="MANAGER",
        cinemaIds=["cin_1", "cin_2"],
        reason="Runs the house in Lima",
    )
    assert payload == {"user": {"id": ana["user"]["id"], "role": "MANAGER"}, "errors": []}
    refreshed = await send(any_door, REFRESH, refreshToken=ana["refreshToken"])
    assert refusals(refreshed) == [("SESSION_REVOKED", ["input", "refreshToken"])]
    database = any_door.subgraph.database
    assert database is not None
    async with database.read() as connection:
        [entry] = await AuditLog().entries(connection, target=ana["user"]["id"])
    assert (entry.actor_id, entry.action, entry.reason) == (
        admin().user_id,
        "setUserRole",
        "Runs the house in Lima",
    )
    assert (entry.before["role"], entry.after["role"]) == ("customer", "manager")


@pytest.mark.parametrize(
    ("fields", "code", "path"),
    [
        ({"reason": " "}, "INVALID_INPUT", ["input", "reason"]),
        ({"userId": "nobody"}, "INVALID_INPUT", ["input", "userId"]),
        ({"userId": "usr_01HN0000000000000000000000"}, "NOT_FOUND", ["input", "userId"]),
        ({"userId": admin().user_id}, "NOT_ALLOWED", ["input", "userId"]),
        ({"cinemaIds": ["cin_1", "cin_1"]}, "INVALID_INPUT", ["input", "cinemaIds"]),
        ({"cinemaIds": ["c"] * 51}, "INVALID_INPUT", ["input", "cinemaIds"]),
        ({"role": "CUSTOMER", "cinemaIds": ["cin_1"]}, "INVALID_INPUT", ["input", "cinemaIds"]),
    ],
)
async def test_a_bad_change_of_role_changes_nothing(
    door: Door, fields: dict[str, Any], code: str, path: list[str]
) -> None:
    ana = (await register(door))["user"]
    good = {"userId": ana["id"], "role": "ADMIN", "reason": "Because"}
    assert refusals(await send(door, SET_ROLE, admin(), **{**good, **fields})) == [(code, path)]
    assert (await door.entities("User", [ana["id"]], "role", admin())).only() == [{"role": "CUSTOMER"}]


async def test_nobody_without_the_scope_gives_a_role(door: Door) -> None:
    ana = await register(door)
    change = {"userId": ana["user"]["id"], "role": "ADMIN", "reason": "I would like to"}
    assert refusals(await send(door, SET_ROLE, **change)) == [("UNAUTHENTICATED", None)]
    for viewer in (as_user(ana), staff("users:read", role="manager")):
        assert refusals(await send(door, SET_ROLE, viewer, **change)) == [("NOT_ALLOWED", None)]


async def phone_as_seen(door: Door, user_id: str, viewer: Viewer) -> Any:
    return (await door.entities("User", [user_id], "phone", viewer)).only()[0]["phone"]


async def test_it_is_given_and_taken_away(any_door: Door) -> None:
    ana = await register(any_door)
    user_id = ana["user"]["id"]
    given = await send(any_door, UPDATE_PHONE, as_user(ana), phone="+51 987-654 321")
    assert given["user"]["phone"] == "+51987654321"
    renamed = await send(any_door, UPDATE_PHONE, as_user(ana), name="Ana P.")
    assert renamed["user"]["phone"] == "+51987654321", "what is not named stays"
    exported = await any_door.ask(EXPORT, {}, as_user(ana))
    assert exported.only()["data"]["user"]["phone"] == "+51987654321"
    assert await phone_as_seen(any_door, user_id, admin()) == "+51987654321"
    assert await phone_as_seen(any_door, user_id, customer("usr_01KF1D0X80BRUNO00000000000")) is None
    taken = await send(any_door, UPDATE_PHONE, as_user(ana), phone="")
    assert taken["user"]["phone"] is None


@pytest.mark.parametrize(
    "phone", ["987654321", "+0987654321", "+51", "+51987654321" * 9, "call me", "+51 98x7654"]
)
async def test_what_is_no_number_is_refused(door: Door, phone: str) -> None:
    ana = await register(door)
    refused = await send(door, UPDATE_PHONE, as_user(ana), phone=phone)
    assert refusals(refused) == [("INVALID_INPUT", ["input", "phone"])]
