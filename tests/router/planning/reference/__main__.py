"""`python -m tests.router.planning.reference --count 3000 --seed 1`: random operations on random graphs, our
plans held against the reference planner's. Exits 1 when one of ours takes more fetches or more serial steps.
"""

from __future__ import annotations

import argparse
import sys

from tests import npm
from tests.router.planning.reference.comparison import SOURCES, Compared, Reference, dearer


def main(arguments: argparse.Namespace) -> int:
    """Print each operation that costs more as it is found, then the count."""
    reference, found = Reference(npm.installed(SOURCES)), Compared()
    try:
        for report in dearer(reference, arguments.seed, arguments.count, found):
            print(f"{report}\n{'-' * 80}", flush=True)
            if found.dearer == arguments.most:
                break
    finally:
        reference.close()
    print(found)
    return 1 if found.dearer else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000, help="operations")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--most", type=int, default=10, help="stop after so many")
    sys.exit(main(parser.parse_args()))
