"""A subgraph in a process of its own is served as a router is, without one."""

from __future__ import annotations

import subprocess
import sys


def test_a_process_that_serves_a_subgraph_loads_no_router() -> None:
    program = (
        "import sys, marquee.subgraph_server\n"
        "loaded = [name.split('.') for name in sys.modules]\n"
        "print(*{'.'.join(name[:2]) for name in loaded if name[0] == 'marquee_router' and name[1:]})"
    )
    command = [sys.executable, "-P", "-c", program]
    finished = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    packages = {"marquee_router.serving", "marquee_router.server_interface", "marquee_router.message_heads"}
    assert {*finished.stdout.split()} == packages
