"""`python -m tests.router.hostile --count 100000`: a cinema of its own under hostile traffic; exits 1 when it
hurt."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

from tests.marquee.running import Cinema
from tests.router.hostile.attack import attack, resident_bytes

WARM: int = 3_000
"""Requests after which caches are as full as they get, so that growth is growth."""
GROWTH_BYTES: int = 64 * 1024 * 1024
SLOWEST_P99_SECONDS: float = 2.0


async def main(count: int, seed: int) -> int:
    """Run it and say what was seen."""
    with tempfile.TemporaryDirectory() as folder:
        async with Cinema(Path(folder), ("--no-demo",)) as cinema:
            assert cinema.pid is not None
            await attack(cinema.url, count=min(WARM, count), seed=seed)
            before = resident_bytes(cinema.pid)
            started = time.perf_counter()
            outcome = await attack(cinema.url, count=count, seed=seed + 1)
            seconds = time.perf_counter() - started
            after = resident_bytes(cinema.pid)
    growth = after - before
    print(f"{count:,} hostile requests in {seconds:.0f} s, seed {seed}")
    seen = sorted(outcome.statuses.items())
    statuses = [f"{status or 'closed'}: {n:,}" for status, n in seen]
    print("statuses:", ", ".join(statuses))
    print(f"memory: {before / 2**20:.0f} MiB, then {after / 2**20:.0f} MiB")
    p50, p99, slowest = (outcome.percentile(share) * 1000 for share in (0.5, 0.99, 1))
    print(
        f"honest clients: {len(outcome.honest_seconds):,} answers,"
        f" p50 {p50:.0f} ms, p99 {p99:.0f} ms, slowest {slowest:.0f} ms"
    )
    for wrong in sorted(set(outcome.wrong))[:50]:
        print("WRONG", wrong)
    hurt = outcome.wrong or growth > GROWTH_BYTES or outcome.percentile(0.99) > SLOWEST_P99_SECONDS
    return 1 if hurt else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    raise SystemExit(asyncio.run(main(given.count, given.seed)))
