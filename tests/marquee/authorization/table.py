"""Reads `table.md`: the row of each question, and what each role gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).with_name("table.md")
FENCE: Final = "fence"
GIVEN: Final = frozenset({"yes", "short"})


@dataclass(frozen=True, slots=True)
class Row:
    """One question; `cells` by role."""

    name: str
    cells: Mapping[str, str]
    meaning: str
    """What an allowed question comes to: `yes`, or the code by which the state of things then says no."""

    def allows(self, who: str) -> bool:
        """Whether this role is given what it asks for."""
        return self.cells[who] in GIVEN

    def at_router(self, who: str) -> frozenset[str]:
        """What may come of it at the router."""
        cell = self.cells[who]
        if cell == FENCE:
            return frozenset({"UNAUTHORIZED_FIELD_OR_TYPE"})
        return frozenset({self.meaning if cell == "yes" else cell})

    def at_subgraph(self, who: str) -> frozenset[str]:
        """What may come of it at the subgraph: no more than at the router."""
        cell = self.cells[who]
        if cell == FENCE:
            return frozenset({"UNAUTHENTICATED" if who == "guest" else "NOT_ALLOWED", "null"})
        if cell == "null":
            return frozenset({"null", "empty"})
        return self.at_router(who)


@cache
def read_table() -> Mapping[str, Row]:
    """All rows by name. Raises `ValueError` for a row that is there twice or lacks a cell."""
    rows: dict[str, Row] = {}
    roles: list[str] = []
    for line in FILE.read_text(encoding="utf-8").splitlines():
        name, *cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("| ") or name.startswith("-") or len(cells) < 3:
            continue
        if not name:
            roles = cells[:-1]
            continue
        if name in rows or len(cells) != len(roles) + 1 or not all(cells[:-1]):
            raise ValueError(f"{FILE.name}: {line}")
        rows[name] = Row(name, dict(zip(roles, cells, strict=False)), cells[-1] or "yes")
    return rows
