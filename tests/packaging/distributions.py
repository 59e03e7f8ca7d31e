"""Builds the six distributions, and makes environments that have only what a user would have."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import requires
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PARTS = {
    "foundation": "marquee_foundation",
    "schema": "marquee_schema",
    "router": "marquee_router",
    "dataloaders": "marquee_dataloaders",
    "subgraphs": "marquee_subgraphs",
    "marquee": "marquee",
}
"""Each folder, and the package in it."""
FOREIGN_MODULES = ("marquee", "router", "schema", "subgraphs", "dataloaders", "foundation")
"""Modules that a user may have in the current directory; none of them is ours."""


@dataclass(frozen=True, slots=True)
class Built:
    """What one folder built."""

    sdist: Path
    wheel: Path
    wheel_of_sdist: Path


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment, and an empty folder to work in."""

    folder: Path
    work: Path

    @property
    def site_packages(self) -> Path:
        """Where packages are installed."""
        return next(self.folder.glob("lib/python*/site-packages"))

    def program(self, name: str) -> str:
        """The path of an installed command."""
        return str(self.folder / "bin" / name)

    def run(self, program: str, *arguments: str | Path, code: int = 0) -> str:
        """Run an installed command in the folder; returns what it printed, and asserts its exit code."""
        command = [self.program(program), *map(str, arguments)]
        finished = subprocess.run(command, cwd=self.work, capture_output=True, text=True, check=False)
        assert finished.returncode == code, finished.stdout + finished.stderr
        return finished.stdout + finished.stderr


def project(part: str) -> dict[str, Any]:
    """The `[project]` table of a part."""
    table: dict[str, Any] = tomllib.loads((ROOT / part / "pyproject.toml").read_text("utf-8"))["project"]
    return table


def requirements(part: str) -> list[str]:
    """What a part requires, with what its extras add."""
    about = project(part)
    extras: dict[str, list[str]] = about.get("optional-dependencies", {})
    return [*about["dependencies"], *(text for listed in extras.values() for text in listed)]


def build(part: str, folder: Path) -> Built:
    """Build the sdist and the wheel of a part, and a wheel from its sdist."""
    _hatchling(ROOT / part, folder / part)
    sdist = next((folder / part).glob("*.tar.gz"))
    sources = folder / f"{part}-sources"
    with tarfile.open(sdist) as archive:
        archive.extractall(sources, filter="data")
    _hatchling(next(sources.iterdir()), folder / f"{part}-again", "-t", "wheel")
    return Built(sdist, next((folder / part).glob("*.whl")), next((folder / f"{part}-again").glob("*.whl")))


def _hatchling(sources: Path, destination: Path, *options: str) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(destination), *options]
    finished = subprocess.run(command, cwd=sources, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr


def new_environment(folder: Path) -> Environment:
    """An environment without any package, even pip; its work folder has modules with the names of ours."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "environment")], check=True)
    work = folder / "work"
    work.mkdir()
    for name in FOREIGN_MODULES:
        (work / f"{name}.py").write_text("raise SystemExit('a module of the user was imported')\n")
    return Environment(folder / "environment", work)


def install(environment: Environment, *arguments: str | Path) -> None:
    """`pip install` into the environment, with uv where the project's own environment has no pip."""
    python = environment.program("python")
    if importlib.util.find_spec("pip") is not None:
        command = [sys.executable, "-m", "pip", "--quiet", "--python", python, "install"]
    else:
        uv = shutil.which("uv")
        assert uv is not None, "neither pip nor uv is here"
        command = [uv, "pip", "install", "--quiet", "--python", python]
    finished = subprocess.run([*command, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr


def see_installed_libraries(environment: Environment) -> None:
    """Let the environment import the libraries of the project's own environment, but not our editable parts.

    Python does not read the `.pth` files of a folder that a `.pth` file adds, and ours are installed by such.
    """
    (environment.site_packages / "libraries.pth").write_text(sysconfig.get_path("purelib"))


def lock_of(distribution: str) -> str:
    """The part of requirements.lock that `pip install DISTRIBUTION` needs, with its hashes."""
    names = {canonicalize_name(name) for name in _required({distribution})}
    blocks = re.split(r"\n(?=\S)", (ROOT / "requirements.lock").read_text("utf-8"))
    return "\n".join(block for block in blocks if canonicalize_name(re.split(r"[=\[ ]", block)[0]) in names)


def _required(distributions: Iterable[str]) -> set[str]:
    """The names of everything that distributions require, directly or not, in this environment."""
    found: set[tuple[str, str]] = set()
    pending = [(name, "") for name in distributions]
    while pending:
        name, extra = pending.pop()
        if (name, extra) in found:
            continue
        found.add((name, extra))
        for text in requires(name) or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                pending += [(requirement.name, each) for each in ("", *requirement.extras)]
    return {name for name, _ in found}
