"""`python -m tests.router.planning.generated --count 20000 --seed 1`: random operations on random graphs,
each answered by the router and by one server over the same data. Exits 1 when two answers differ.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time

from tests.router.planning.generated.run import Count, findings


async def main(arguments: argparse.Namespace) -> int:
    """Print findings as they come, then the count."""
    count, found, began = Count(), 0, time.monotonic()
    async for finding in findings(
        arguments.seed, arguments.count, count, per_graph=arguments.per_graph, shrinking=not arguments.whole
    ):
        found += 1
        print(f"{finding}\n{'-' * 80}", flush=True)
        if found == arguments.most:
            break
    seconds = time.monotonic() - began
    print(f"{count.operations} operations on {count.graphs} graphs in {seconds:.0f} s: {found} differ")
    print(f"{count.refused} sets of subgraphs did not compose", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000, help="operations")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--per-graph", type=int, default=40, help="operations on each graph")
    parser.add_argument("--most", type=int, default=10, help="stop after so many differences")
    parser.add_argument("--whole", action="store_true", help="do not shrink what differs")
    sys.exit(asyncio.run(main(parser.parse_args())))
