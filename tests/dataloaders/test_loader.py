"""What a loader promises to each caller."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from marquee_dataloaders import DataLoader


class Shelf:
    """A batch function that remembers what it was asked."""

    def __init__(self, rows: Mapping[int, str | Exception] | None = None) -> None:
        self.rows = {number: f"row {number}" for number in range(1000)} if rows is None else rows
        self.batches: list[list[int]] = []

    async def load(self, keys: Sequence[int]) -> Mapping[int, str | Exception]:
        self.batches.append(list(keys))
        await asyncio.sleep(0)
        return {key: self.rows[key] for key in reversed(keys) if key in self.rows}


async def test_loads_of_one_turn_are_one_batch_and_each_gets_its_own_row() -> None:
    shelf = Shelf()
    loader: DataLoader[int, str] = DataLoader(shelf.load)
    answers = await asyncio.gather(loader.load(3), loader.load(1), loader.load(2))
    assert list(answers) == ["row 3", "row 1", "row 2"]
    assert shelf.batches == [[3, 1, 2]]


async def test_loads_from_many_tasks_are_one_batch() -> None:
    shelf = Shelf()
    loader: DataLoader[int, str] = DataLoader(shelf.load)

    async def resolve(key: int) -> str | None:
        return await loader.load(key)

    assert await asyncio.gather(*[resolve(key) for key in range(50)]) == [f"row {key}" for key in range(50)]
    assert len(shelf.batches) == 1


async def test_a_chain_of_loaders_costs_one_batch_a_link() -> None:
    first, second = Shelf({key: str(key + 100) for key in range(10)}), Shelf()
    one: DataLoader[int, str] = DataLoader(first.load)
    two: DataLoader[int, str] = DataLoader(second.load)

    async def resolve(key: int) -> str | None:
        found = await one.load(key)
        return None if found is None else await two.load(int(found))

    await asyncio.gather(*[resolve(key) for key in range(10)])
    assert (len(first.batches), len(second.batches)) == (1, 1)


async def test_duplicates_are_loaded_once_even_while_the_batch_runs_and_after_it() -> None:
    shelf = Shelf()
    loader: DataLoader[int, str] = DataLoader(shelf.load)
    assert await loader.load_many([7, 7, 8, 7]) == ["row 7", "row 7", "row 8", "row 7"]
    running = loader.load(9)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert list(await asyncio.gather(running, loader.load(9), loader.load(7))) == ["row 9", "row 9", "row 7"]
    assert shelf.batches == [[7, 8], [9]]


async def test_a_missing_key_is_none_and_moves_no_other() -> None:
    loader: DataLoader[int, str] = DataLoader(Shelf({1: "one", 3: "three"}).load)
    assert await loader.load_many([1, 2, 3]) == ["one", None, "three"]


async def test_an_error_of_one_key_fails_that_key_alone() -> None:
    loader: DataLoader[int, str] = DataLoader(Shelf({1: "one", 2: LookupError("two is gone")}).load)
    answers = await asyncio.gather(loader.load(1), loader.load(2), return_exceptions=True)
    assert answers[0] == "one"
    assert isinstance(answers[1], LookupError)


async def test_a_failed_batch_fails_each_of_its_keys_and_none_of_another_batch() -> None:
    async def fail_on_13(keys: Sequence[int]) -> Mapping[int, str]:
        if 13 in keys:
            raise ConnectionError("the store is away")
        return dict.fromkeys(keys, "fine")

    loader: DataLoader[int, str] = DataLoader(fail_on_13, max_batch_size=2)
    answers = await asyncio.gather(*[loader.load(key) for key in (13, 14, 15, 16)], return_exceptions=True)
    assert [type(answer) for answer in answers] == [ConnectionError, ConnectionError, str, str]


async def test_batches_are_no_larger_than_the_limit() -> None:
    shelf = Shelf()
    loader: DataLoader[int, str] = DataLoader(shelf.load, max_batch_size=4)
    assert await loader.load_many(range(10)) == [f"row {key}" for key in range(10)]
    assert sorted(len(batch) for batch in shelf.batches) == [2, 4, 4]


async def test_a_cancelled_caller_takes_no_other_with_it() -> None:
    loader: DataLoader[int, str] = DataLoader(Shelf().load)

    async def resolve() -> str | None:
        return await loader.load(5)

    first, second = asyncio.create_task(resolve()), asyncio.create_task(resolve())
    await asyncio.sleep(0)
    first.cancel()
    assert await second == "row 5"
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_a_key_that_nobody_waits_for_any_more_is_not_loaded() -> None:
    shelf = Shelf()
    loader: DataLoader[int, str] = DataLoader(shelf.load)
    loader.load(1).cancel()
    assert await loader.load(2) == "row 2"
    assert shelf.batches == [[2]]
    assert await loader.load(1) == "row 1"


async def test_what_is_primed_is_not_loaded_and_what_is_forgotten_is_loaded_afresh() -> None:
    shelf = Shelf()
    loader: DataLoader[int, str] = DataLoader(shelf.load)
    loader.prime(1, "known")
    loader.prime(1, "too late")
    assert await loader.load(1) == "known"
    assert shelf.batches == []
    loader.forget(1)
    assert await loader.load(1) == "row 1"


def test_a_batch_size_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        DataLoader(Shelf().load, max_batch_size=0)
