"""Compares our composer with the reference over generated sets of subgraphs.

    python -m tests.schema.composition.reference.comparison --count 5000 --seed 1

prints each disagreement, shrunk; `test_reference.py` runs a few hundred in the suite.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests import npm
from tests.schema.composition.reference.defects import spoil
from tests.schema.composition.reference.generator import generate
from tests.schema.composition.reference.model import SubgraphText, subgraphs
from tests.schema.composition.reference.oracle import CRASH, Oracle, Verdict, our_verdict
from tests.schema.composition.reference.shrinker import shrink

SOURCES = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A set on which the two differ."""

    seed: int
    texts: list[SubgraphText]
    ours: Verdict
    reference: Verdict

    def __str__(self) -> str:
        sdl = "\n".join(f"--- {text.name}\n{text}" for text in self.texts)
        difference = {
            name: (_only(mine, theirs), _only(theirs, mine))
            for name in ("codes", "api", "joins")
            if (mine := getattr(self.ours, name)) != (theirs := getattr(self.reference, name))
        }
        return (
            f"== seed {self.seed}: ours ok={self.ours.ok}, reference ok={self.reference.ok};"
            f" only ours, only the reference's: {difference}\n{sdl}"
        )


def _only(one: object, other: object) -> list[str]:
    assert isinstance(one, frozenset | tuple), "codes or lines"
    assert isinstance(other, frozenset | tuple), "codes or lines"
    return sorted(set(one) - set(other))


@dataclass(slots=True)
class Comparison:
    """How many sets were compared, and what was found."""

    valid: int = 0
    invalid: int = 0
    crashed: int = 0
    """Sets on which the reference itself failed: it gives no verdict on them."""
    codes_seen: frozenset[str] = frozenset()


def made(seed: int) -> list[SubgraphText]:
    """The set of one seed."""
    random = Random(seed)
    texts = generate(random)
    spoil(texts, random)
    return texts


def disagreements(oracle: Oracle, seeds: range, found: Comparison) -> Iterator[Disagreement]:
    """The sets of these seeds on which the two differ; `found` counts along."""
    for seed in seeds:
        texts = made(seed)
        ours, reference = our_verdict(subgraphs(texts)), oracle.verdict(subgraphs(texts))
        if reference.codes == {CRASH}:
            found.crashed += 1
            continue
        found.valid += reference.ok
        found.invalid += not reference.ok
        found.codes_seen |= reference.codes
        if ours != reference:
            yield Disagreement(seed, texts, ours, reference)


def shrunk(oracle: Oracle, found: Disagreement) -> Disagreement:
    """A smaller set on which the two differ in the same way."""

    def still(texts: list[SubgraphText]) -> bool:
        ours, reference = our_verdict(subgraphs(texts)), oracle.verdict(subgraphs(texts))
        return (
            ours != reference
            and (ours.ok, reference.ok) == (found.ours.ok, found.reference.ok)
            and ours.codes <= found.ours.codes
            and reference.codes <= found.reference.codes
        )

    texts = shrink(found.texts, still)
    sets = subgraphs(texts)
    return Disagreement(found.seed, texts, our_verdict(sets), oracle.verdict(sets))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", type=int, default=10)
    arguments = parser.parse_args()
    oracle = Oracle(npm.installed(SOURCES))
    began, found, differing = time.monotonic(), Comparison(), 0
    for each in disagreements(oracle, range(arguments.seed, arguments.seed + arguments.count), found):
        differing += 1
        if differing <= arguments.show:
            print(shrunk(oracle, each), flush=True)
    oracle.close()
    print(
        f"{found.valid} valid, {found.invalid} invalid, {found.crashed} without verdict,"
        f" {differing} differ,"
        f" {time.monotonic() - began:.0f} s; codes met: {', '.join(sorted(found.codes_seen))}"
    )


if __name__ == "__main__":
    main()
