"""A test is found by the name of what it tests."""

from __future__ import annotations

from pathlib import Path

import pytest

import marquee_subgraphs

SOURCES = Path(marquee_subgraphs.__file__).parent
TESTS = Path(__file__).parents[1] / "subgraphs"
FOLDERS = ("kit", "loyalty")
FILES = [
    str(path.relative_to(TESTS)) for name in FOLDERS for path in sorted((TESTS / name).rglob("test_*.py"))
]


@pytest.mark.parametrize("name", FILES)
def test_a_test_file_is_named_after_a_module(name: str) -> None:
    path = Path(name)
    # `events/test_service_crash.py` tests `events/service.py`: more words name an aspect of it.
    words = path.stem.removeprefix("test_").split("_")
    modules = ["_".join(words[: count + 1]) for count in range(len(words))]
    folder = SOURCES / path.parent
    assert any((folder / f"{each}.py").exists() or (folder / each).is_dir() for each in modules)
