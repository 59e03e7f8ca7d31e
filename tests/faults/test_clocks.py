"""Replicas whose clocks are minutes wrong: seats are sold once, and money is taken for them only.

The clocks are bent by Debian's `faketime`, for the wall clock only: the programs need no seam for it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from deploy.local import LocalStack, Process
from tests.faults.books import check
from tests.faults.buying import Crowd
from tests.faults.conftest import LONG

pytestmark = [pytest.mark.fault, pytest.mark.asyncio(loop_scope="session")]
REFUSED = "UNAUTHENTICATED_ROUTER"
"""A subgraph whose clock differs too much from its router's accepts no identity and serves no request."""

Bend = Callable[[Process, str], AbstractAsyncContextManager[None]]


@pytest.fixture
def bend() -> Bend:
    """Runs a process with a clock that is off by `+5m`, `-30s` …, and puts it right afterwards."""
    libraries = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not libraries:
        pytest.skip("no libfaketime: use ./test, which installs Debian's `faketime`")

    @asynccontextmanager
    async def bent(process: Process, offset: str) -> AsyncIterator[None]:
        usual = process.environment
        process.environment = {
            **usual,
            "LD_PRELOAD": str(libraries[0]),
            "FAKETIME": offset,
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }
        await process.restart()
        try:
            yield
        finally:
            process.environment = usual
            await process.restart()

    return bent


@pytest.mark.parametrize(
    ("tickets", "payments"),
    [("+3m", "-3m"), ("+20m", "-20m"), *([("-3m", "+3m"), ("-20m", "+20m")] if LONG else [])],
)
async def test_a_replica_whose_clock_is_wrong_sells_nothing_twice(
    stack: LocalStack, crowd: Crowd, programme: list[str], bend: Bend, tickets: str, payments: str
) -> None:
    crowd.expect(REFUSED)
    async with (
        bend(stack.process("tickets-2"), tickets),
        bend(stack.process("payments-2"), payments),
    ):
        await crowd.buy(12, programme[:3])
    if tickets in ("+3m", "-3m"):
        assert all(purchase.acknowledged for purchase in crowd.purchases), crowd.ends()
    await check(stack, crowd)
