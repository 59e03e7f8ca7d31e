"""CPU time of processes with all they started, read from Linux's `/proc`. Asks no process anything."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")
_PARENT, _FIRST_TIME, _LAST_TIME = 1, 11, 14
"""Of the fields after the name: utime, stime, cutime and cstime are the times."""


def cpu_seconds(pids: Mapping[str, int]) -> dict[str, float]:
    """CPU time of each process since it began, its descendants (also ended ones) included; 10 ms exact.

    Descendants are found by their parents: some, as PostgreSQL's, are sessions of their own.
    """
    ticks: dict[int, int] = {}
    children: defaultdict[int, list[int]] = defaultdict(list)
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            stat = (folder / "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:  # it ended
            continue
        fields = stat.rpartition(")")[2].split()
        pid = int(folder.name)
        ticks[pid] = sum(map(int, fields[_FIRST_TIME : _LAST_TIME + 1]))
        children[int(fields[_PARENT])].append(pid)

    def whole(pid: int) -> int:
        return ticks.get(pid, 0) + sum(map(whole, children[pid]))

    return {name: whole(pid) / _TICKS_PER_SECOND for name, pid in pids.items()}
