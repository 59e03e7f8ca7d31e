"""`Invariant`: a condition that must hold in a store at any time, and what violates it. Decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Invariant:
    """One invariant that was checked. `findings` is empty when it holds; `advice` says what to do when it
    does not.
    """

    name: str
    findings: Sequence[str]
    advice: str | None = None

    @property
    def holds(self) -> bool:
        """True if nothing violates it."""
        return not self.findings

    def __str__(self) -> str:
        if self.holds:
            return f"ok    {self.name}"
        shown = "; ".join(self.findings[:_SHOWN])
        more = f" … and {len(self.findings) - _SHOWN} more" if len(self.findings) > _SHOWN else ""
        advice = f"\n      {self.advice}" if self.advice else ""
        return f"FAILS {self.name}: {shown}{more}{advice}"
