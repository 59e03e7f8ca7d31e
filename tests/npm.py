"""Packages from npm for tests and benchmarks: a folder's locked packages, installed once per lock outside the
source tree.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

MISSING = "Node.js is not here: what needs packages from npm was not run"


def is_available() -> bool:
    """Whether Node.js and npm are here."""
    return shutil.which("npm") is not None and shutil.which("node") is not None


def installed(sources: Path) -> Path:
    """A folder with the scripts of `sources` and its locked packages; safe to call from several processes."""
    files = sorted(file for file in sources.iterdir() if file.suffix in (".json", ".mjs", ".js"))
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"marquee-npm-{sources.name}-{digest}"
    if (folder / "complete").exists():
        return folder
    building = Path(tempfile.mkdtemp(prefix=f"{folder.name}-"))
    for file in files:
        shutil.copy(file, building)
    command = ["npm", "ci", "--no-audit", "--no-fund", "--prefer-offline"]
    finished = subprocess.run(command, cwd=building, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    (building / "complete").touch()
    try:
        os.rename(building, folder)
    except OSError:  # another process was faster
        shutil.rmtree(building)
    return folder
