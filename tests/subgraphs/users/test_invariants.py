"""Personal data of erased people, and erasures that never finish, are found."""

from __future__ import annotations

from sqlalchemy import insert, update

from marquee_subgraphs.kit.clock import FrozenClock
from marquee_subgraphs.kit.database import Database
from marquee_subgraphs.users.domain import ERASING_SUBGRAPHS
from marquee_subgraphs.users.invariants import verify
from marquee_subgraphs.users.store import UserStore
from marquee_subgraphs.users.tables import ERASURE_RECEIPTS, KNOWN_DEVICES, SESSIONS, USERS
from tests.subgraphs.door import Door
from tests.subgraphs.users.people import register


def store_of(door: Door) -> Database:
    assert door.subgraph.database is not None
    return door.subgraph.database


async def broken(database: Database) -> dict[str, list[str]]:
    return {each.name: list(each.findings) for each in await verify(database) if each.findings}


async def test_personal_data_of_an_erased_account_is_found(any_door: Door, clock: FrozenClock) -> None:
    database = store_of(any_door)
    ana = (await register(any_door))["user"]["id"]
    await register(any_door, name="Bob", email="bob@example.test")
    async with database.transaction() as tx:
        await UserStore().erasures.erase(tx, ana, clock.now())
    assert await broken(database) == {}
    for left in (
        update(USERS).where(USERS.c.id == ana).values(phone="+51987654321"),
        update(SESSIONS).where(SESSIONS.c.user_id == ana).values(device="Phone of Ana"),
        insert(KNOWN_DEVICES).values(hash="0" * 64, user_id=ana, expires_at=clock.now()),
    ):
        async with database.transaction() as tx:
            await UserStore().erasures.erase(tx, ana, clock.now())
            await tx.execute(left)
        assert await broken(database) == {"an erased account keeps no personal data": [ana]}


async def test_an_erasure_with_every_receipt_that_did_not_happen_is_found(
    any_door: Door, clock: FrozenClock
) -> None:
    database = store_of(any_door)
    ana = (await register(any_door))["user"]["id"]
    *first, last = sorted(ERASING_SUBGRAPHS)
    async with database.transaction() as tx:
        await UserStore().erasures.request(tx, ana, clock.now())
        for subgraph in first:
            await UserStore().erasures.add_receipt(tx, ana, subgraph, clock.now())
    assert await broken(database) == {}
    async with database.transaction() as tx:
        await tx.execute(insert(ERASURE_RECEIPTS).values(user_id=ana, subgraph=last, received_at=clock.now()))
    assert await broken(database) == {"an account is erased once every subgraph has erased its part": [ana]}
