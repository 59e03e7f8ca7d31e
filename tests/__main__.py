"""What `./test` runs: the checks, the services the tests need, pytest; it ends at the first failure."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.services import provide_services

ROOT = Path(__file__).parents[1]
CHECKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("format", ("ruff", "format", "--check", ".")),
    ("lint", ("ruff", "check", ".")),
    ("types", ("mypy",)),
    ("imports", ("lint-imports",)),
    ("schema drift", ("python", "-P", "-m", "marquee", "schema", "--check")),
)
WITH_PROCESSES = ("tests/deploy", "tests/faults", "tests/marquee", "tests/router/cli", "tests/router/serving")
"""Tests that mostly wait for processes of their own. They run beside all others, which compute."""


def run(name: str, command: tuple[str, ...]) -> None:
    """Run one step in the project's environment; ends the whole run with its exit code when it fails."""
    began = time.monotonic()
    print(f"== {name}", flush=True)
    program = Path(sys.executable).with_name(command[0])
    finished = subprocess.run([program, *command[1:]], cwd=ROOT, check=False)
    if finished.returncode:
        print(f"== {name}: failed ({' '.join(command)})", file=sys.stderr)
        raise SystemExit(finished.returncode)
    print(f"== {name}: ok, {time.monotonic() - began:.1f} s", flush=True)


def run_tests() -> None:
    """All tests, in two halves at once; what the second printed is shown when the first has ended."""
    others = ("tests", *(f"--ignore={folder}" for folder in WITH_PROCESSES))
    print(f"== tests: {' '.join(WITH_PROCESSES)}; meanwhile all others", flush=True)
    began = time.monotonic()
    command = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider")
    with tempfile.TemporaryFile() as output:
        beside = subprocess.Popen([*command, *others], cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
        codes = [subprocess.run([*command, *WITH_PROCESSES], cwd=ROOT, check=False).returncode, beside.wait()]
        output.seek(0)
        sys.stdout.buffer.write(output.read())
    if any(codes):
        print(f"== tests: failed (python -m pytest; {codes})", file=sys.stderr)
        raise SystemExit(1)
    print(f"== tests: ok, {time.monotonic() - began:.1f} s", flush=True)


def main(arguments: list[str]) -> None:
    """Without arguments everything, with `--checks` the checks; else pytest with these arguments."""
    if arguments in ([], ["--checks"]):
        for name, command in CHECKS:
            run(name, command)
        if arguments:
            return
    with provide_services() as missing:
        for line in missing:
            print(f"!! NOT TESTED HERE: {line}", file=sys.stderr, flush=True)
        if missing and os.environ.get("CI"):
            raise SystemExit("In CI nothing may be skipped.")
        if arguments:
            run("tests", ("python", "-m", "pytest", *arguments))
        else:
            run_tests()


if __name__ == "__main__":
    main(sys.argv[1:])
