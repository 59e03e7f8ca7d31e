"""Lets `python -m bench` and `python -m deploy.local` run by any Python, once `./run` has made `.venv`."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).parents[1]


def use_project_environment(module: str) -> None:
    """Go on in `.venv` when this Python lacks Marquee's packages; exit 1 with the command that installs them.

    `module` is what was run by `python -m`.
    """
    if find_spec("marquee_router") is not None:
        return
    python = _ROOT / ".venv" / "bin" / "python"
    if not python.is_file():
        raise SystemExit("Marquee is not installed here: run `./run --help` once, which makes .venv.")
    os.execv(python, [str(python), "-m", module, *sys.argv[1:]])  # noqa: S606 - no shell is wanted
