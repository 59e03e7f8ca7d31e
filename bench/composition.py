"""Composition of growing graphs: our composer and the reference from npm, each in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.figures import table
from bench.large_graph import large_graph
from bench.process import ROOT, ServerFailed
from tests import npm

SIZES: Final = (25, 50, 100, 190)
REFERENCE: Final = ROOT / "bench" / "peers" / "composition"
_OURS: Final = """
import json, sys
from marquee_schema.composition import Subgraph, compose
listed = json.load(open(sys.argv[1]))
print(len(compose([Subgraph(**each) for each in listed]).supergraph_sdl.splitlines()))
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process used from its start to its end."""

    cpu_seconds: float
    peak_mib: float


def measure(sizes: Sequence[int]) -> str:
    """A table of CPU seconds and peak memory by the number of subgraphs."""
    reference = npm.installed(REFERENCE)
    rows: list[list[str]] = []
    with tempfile.TemporaryDirectory() as folder:
        for count in sizes:
            file = Path(folder) / f"{count}.json"
            subgraphs = large_graph(count)
            listed = [{"name": each.name, "url": each.url, "sdl": each.sdl} for each in subgraphs]
            file.write_text(json.dumps(listed), encoding="utf-8")
            lines = sum(each.sdl.count("\n") + 1 for each in subgraphs)
            ours = _cost([sys.executable, "-c", _OURS, str(file)], ROOT)
            theirs = _cost(["node", "--max-old-space-size=8192", "compose.mjs", str(file)], reference)
            rows.append(
                [
                    f"{count} subgraphs, {lines:,} lines",
                    f"{ours.cpu_seconds:.2f}",
                    f"{theirs.cpu_seconds:.2f}",
                    f"{ours.cpu_seconds / theirs.cpu_seconds:.2f}",
                    f"{1000 * ours.cpu_seconds / lines:.3f}",
                    f"{ours.peak_mib:.0f}",
                    f"{theirs.peak_mib:.0f}",
                ]
            )
    head = ["graph", "CPU s", "reference", "ratio", "CPU ms a line", "peak MiB", "reference"]
    return table(head, rows)


def _cost(command: Sequence[str], folder: Path) -> Cost:
    """Run to the end. Raises `ServerFailed` when it does not end well."""
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None, "it is piped"
    complaint = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if process.returncode != 0:
        raise ServerFailed(complaint)
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
