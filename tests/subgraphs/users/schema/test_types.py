"""Who sees which fields of a person."""

from __future__ import annotations

from tests.subgraphs.door import Door, customer, staff
from tests.subgraphs.users.people import admin, register

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
