"""The bank's sender of webhooks: it stops when it is asked to, whatever happens at the same moment."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from marquee_subgraphs.payments.adapters.simulator import SimulatedBank


@pytest.mark.parametrize("turns", range(5))
async def test_a_sender_that_is_woken_and_stopped_at_once_stops(tmp_path: Path, turns: int) -> None:
    async def deliver(body: bytes, signature: str) -> int:
        return 200

    bank = SimulatedBank(
        tmp_path / "bank.sqlite", public_url="http://bank.test", webhook_secret="secret", deliver=deliver
    )
    bank.sender.start()
    for _ in range(5):
        await asyncio.sleep(0)  # until it waits for something to send
    bank.sender.wake()
    for _ in range(turns):
        await asyncio.sleep(0)  # the wake-up is somewhere between its event and the sender
    closing = asyncio.create_task(bank.close())
    done, _ = await asyncio.wait({closing}, timeout=2)
    assert closing in done
