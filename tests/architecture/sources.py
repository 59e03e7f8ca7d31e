"""The source files of the six distributions, as modules and syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
DISTRIBUTIONS: Final = ("foundation", "schema", "router", "dataloaders", "subgraphs", "marquee")


@dataclass(frozen=True, slots=True)
class Source:
    """One module."""

    module: str
    """Its dotted name, for example `marquee_router.app`."""
    path: Path
    is_package: bool
    """True for an `__init__.py`."""
    tree: ast.Module
    lines: int


@cache
def sources() -> tuple[Source, ...]:
    """Every module of the six packages, read once."""
    return tuple(source for name in DISTRIBUTIONS for source in _of_distribution(ROOT / name))


def _of_distribution(folder: Path) -> Iterator[Source]:
    [package] = folder.glob("marquee*/__init__.py")
    for path in sorted(package.parent.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        text = path.read_text(encoding="utf-8")
        module = ".".join(parts[:-1] if is_package else parts)
        yield Source(module, path, is_package, ast.parse(text), len(text.splitlines()))
