"""Each distribution requires exactly what its package imports."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.packaging.distributions import PARTS, ROOT, requirements

NOT_IMPORTED = {"tzdata": "zoneinfo reads it where the system has no time zones"}


def imported(package: Path) -> set[str]:
    """The top-level names that a package imports anywhere, without its own and the standard library's."""
    names = {name for file in package.rglob("*.py") for name in _imports(file)}
    return names - {package.name} - sys.stdlib_module_names


def _imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None and not node.level:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("part", PARTS)
def test_what_is_imported_is_required_and_nothing_else(part: str) -> None:
    found = {**packages_distributions(), **{package: [package] for package in PARTS.values()}}
    providers = {name: {canonicalize_name(each) for each in of} for name, of in found.items()}
    required = {canonicalize_name(Requirement(text).name) for text in requirements(part)}
    used = imported(ROOT / part / PARTS[part])
    assert sorted(name for name in used if not providers.get(name, set()) & required) == [], "not required"
    needed = set().union(*(providers[name] for name in used)) if used else set()
    assert sorted(required - needed - NOT_IMPORTED.keys()) == [], "required, and never imported"
