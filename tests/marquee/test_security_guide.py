"""The security guide names tests that exist and defaults that are so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import pytest

from marquee_router.config.model import RouterConfig

ROOT: Final = Path(__file__).parents[2]
GUIDE: Final = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
TESTS: Final = re.findall(r"`([\w/]+\.py)::(\w+)`", GUIDE)
SETTINGS: Final = re.findall(r"`([a-z_]+(?:\.[a-z_]+)*)` \((\w[\w.]*)\)", GUIDE)


def test_every_test_it_names_exists() -> None:
    assert len(TESTS) > 25
    for file, name in TESTS:
        text = (ROOT / "tests" / file).read_text(encoding="utf-8")
        assert re.search(rf"^(async )?def {name}\(", text, re.MULTILINE), f"{file}::{name}"


@pytest.mark.parametrize(("setting", "told"), SETTINGS)
def test_every_default_it_tells_is_so(setting: str, told: str) -> None:
    value: Any = RouterConfig()
    for name in setting.split("."):
        value = getattr(value, name)
    shown = "none" if value == () else str(value).lower() if isinstance(value, bool) else str(value)
    assert shown == told


def test_it_tells_many_defaults() -> None:
    assert len(SETTINGS) > 20


def test_every_dependency_is_locked_by_its_hash() -> None:
    for lock in ("requirements.lock", "requirements-dev.lock"):
        entries = re.split(r"\n(?=\S)", (ROOT / lock).read_text(encoding="utf-8").strip())
        packages = [entry for entry in entries if re.match(r"[\w.\[\]-]+==", entry)]
        assert len(packages) > 20
        assert all("--hash=sha256:" in entry for entry in packages)
