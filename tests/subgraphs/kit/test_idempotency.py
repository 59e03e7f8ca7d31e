"""An idempotency key gives one answer, however often and however concurrently it comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from marquee_subgraphs.kit.clock import FrozenClock
from marquee_subgraphs.kit.database import Database, Transaction
from marquee_subgraphs.kit.idempotency import Answered, Idempotency, RequestInProgress, Slot, fingerprint
from marquee_subgraphs.kit.refusals import IdempotencyConflict

SCOPE = "usr_1:placeOrder"
INPUT = fingerprint({"holdToken": "h", "voucher": None})


@pytest.fixture
async def database(store_url: str) -> AsyncIterator[Database]:
    async with await Database.open(store_url) as opened:
        yield opened


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def keys(clock: FrozenClock) -> Idempotency:
    return Idempotency(clock)


def test_a_fingerprint_does_not_depend_on_the_order_of_fields() -> None:
    assert fingerprint({"a": 1, "b": [2]}) == fingerprint({"b": [2], "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": 2})


async def test_concurrent_equal_requests_do_the_work_once(database: Database, keys: Idempotency) -> None:
    worked = 0

    async def request() -> object:
        nonlocal worked
        async with database.transaction() as tx:
            outcome = await keys.run(tx, key="k", scope=SCOPE, fingerprint=INPUT)
            if isinstance(outcome, Answered):
                return outcome.answer
            worked += 1
            await asyncio.sleep(0)
            await outcome.store(tx, {"order": worked})
        return {"order": worked}

    answers = await asyncio.gather(*(request() for _ in range(8)))

    assert worked == 1
    assert answers == [{"order": 1}] * 8


async def test_another_input_is_refused_and_another_scope_is_another_key(
    database: Database, keys: Idempotency
) -> None:
    async with database.transaction() as tx:
        slot = await keys.run(tx, key="k", scope=SCOPE, fingerprint=INPUT)
        assert isinstance(slot, Slot)
        await slot.store(tx, None)

    async with database.transaction() as tx:
        with pytest.raises(IdempotencyConflict):
            await keys.run(tx, key="k", scope=SCOPE, fingerprint=fingerprint({"holdToken": "other"}))
        assert await keys.run(tx, key="k", scope=SCOPE, fingerprint=INPUT) == Answered(None)
        assert isinstance(await keys.run(tx, key="k", scope="usr_2:placeOrder", fingerprint=INPUT), Slot)


async def test_work_that_failed_leaves_the_key_free(database: Database, keys: Idempotency) -> None:
    async def fail(tx: Transaction) -> None:
        await keys.run(tx, key="k", scope=SCOPE, fingerprint=INPUT)
        raise LookupError

    with pytest.raises(LookupError):
        await database.run(fail)

    async with database.transaction() as tx:
        assert isinstance(await keys.run(tx, key="k", scope=SCOPE, fingerprint=INPUT), Slot)


async def test_a_claim_without_answer_is_in_progress_until_its_lease_ends_or_it_is_released(
    database: Database, keys: Idempotency, clock: FrozenClock
) -> None:
    async def claim() -> Answered | Slot:
        async with database.transaction() as tx:
            return await keys.run(tx, key="k", scope=SCOPE, fingerprint=INPUT)

    assert isinstance(await claim(), Slot)
    with pytest.raises(RequestInProgress):
        await claim()
    clock.advance(timedelta(minutes=2))
    slot = await claim()
    assert isinstance(slot, Slot)
    async with database.transaction() as tx:
        await slot.release(tx)
    assert isinstance(await claim(), Slot)


async def test_old_keys_are_forgotten(database: Database, keys: Idempotency, clock: FrozenClock) -> None:
    async with database.transaction() as tx:
        await keys.run(tx, key="k", scope=SCOPE, fingerprint=INPUT)
        assert await keys.prune(tx, clock.now()) == 0
        assert await keys.prune(tx, clock.now() + timedelta(days=1)) == 1
