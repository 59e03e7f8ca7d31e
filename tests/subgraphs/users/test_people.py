"""Who sees whom, who changes what."""

from __future__ import annotations

from typing import Any

import pytest

from tests.subgraphs.door import Door, customer, staff
from tests.subgraphs.users.people import (
    REFRESH,
    SET_ROLE,
    UPDATE,
    admin,
    as_user,
    refusals,
    register,
    send,
)

WHO = "id name email role"


async def test_others_see_a_first_name_and_an_initial(any_door: Door) -> None:
    ana = (await register(any_door, name="Ana María Pérez"))["user"]
    other = customer("usr_01HSME0NE000000000000000AA")
    seen = {"id": ana["id"], "name": "Ana P.", "email": None, "role": None}
    for viewer in (other, customer("usr_01HSME0NE000000000000000AB")):
        assert (await any_door.entities("User", [ana["id"]], WHO, viewer)).only() == [seen]
    assert (await any_door.entities("User", [ana["id"]], WHO)).only() == [seen]
    full = {"id": ana["id"], "name": "Ana María Pérez", "email": "ana@example.test", "role": "CUSTOMER"}
    for viewer in (customer(ana["id"]), staff("users:read")):
        assert (await any_door.entities("User", [ana["id"]], WHO, viewer)).only() == [full]
    named = {**seen, "name": "Ana María Pérez"}
    for viewer in (staff(role="box_office"), staff("tickets:read", role="manager")):
        assert (await any_door.entities("User", [ana["id"]], WHO, viewer)).only() == [named]


async def test_any_number_of_users_costs_one_statement(any_door: Door) -> None:
    ids = [
        (await register(any_door, email=f"user{number}@example.test"))["user"]["id"] for number in range(12)
    ]
    database = any_door.subgraph.database
    assert database is not None
    for wanted in (ids[:2], ids):
        with database.count_statements() as counter:
            answer = await any_door.entities("User", [*wanted, "usr_nobody"], "name sessions { id }", admin())
        assert [each and each["name"] for each in answer.only()] == ["Ana Pérez"] * len(wanted) + [None]
        asked = [statement for statement in counter.statements if "FROM users" in statement]
        assert len(asked) == 1  # the relay's own statements apart


async def test_a_user_is_asked_for_by_themself_or_by_those_with_the_scope(door: Door) -> None:
    ana = (await register(door))["user"]
    query = "query ($id: ID!) { user(id: $id) { id } }"
    for viewer in (customer(ana["id"]), staff("users:read")):
        assert (await door.ask(query, {"id": ana["id"]}, viewer)).only() == {"id": ana["id"]}
    assert (await door.ask(query, {"id": ana["id"]})).codes == ["UNAUTHENTICATED"]
    for viewer in (customer("usr_01HSME0NE000000000000000AA"), staff("tickets:read")):
        answer = await door.ask(query, {"id": ana["id"]}, viewer)
        assert (answer.data, answer.codes) == ({"user": None}, ["NOT_ALLOWED"])
    assert (await door.ask(query, {"id": "x" * 9999}, staff("users:read"))).only() is None


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
        [entry] = await any_door.subgraph.service.audit.entries(connection, target=ana["user"]["id"])
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
