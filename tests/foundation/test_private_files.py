"""Stores and keys are for their owner only; what is not ours keeps its mode."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from marquee_foundation.private_files import make_private_file, make_private_folder


def mode(path: Path) -> int:
    """The permission bits."""
    return path.stat().st_mode & 0o777


def test_what_is_made_is_for_its_owner(tmp_path: Path) -> None:
    folder, file = tmp_path / "outer" / "data", tmp_path / "outer" / "data" / "users.sqlite"
    make_private_folder(folder)
    make_private_file(file)
    assert (mode(folder), mode(file), file.read_bytes()) == (0o700, 0o600, b"")
    with closing(sqlite3.connect(file)) as store:
        store.execute("PRAGMA journal_mode=WAL")
        store.execute("CREATE TABLE t (a)")
        assert {mode(each) for each in folder.iterdir()} == {0o600}


def test_what_was_made_wider_is_narrowed_and_keeps_its_content(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(0o755)
    file, log = folder / "users.sqlite", folder / "users.sqlite-wal"
    for each in (file, log):
        each.write_bytes(b"content")
        each.chmod(0o644)
    make_private_folder(folder)
    make_private_file(file)
    assert (mode(folder), mode(file), mode(log)) == (0o700, 0o600, 0o600)
    assert file.read_bytes() == b"content"
    file.chmod(0o400)
    make_private_file(file)
    assert mode(file) == 0o400


def test_a_folder_with_anything_else_in_it_keeps_its_mode(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    folder.chmod(0o755)
    (folder / "notes.txt").touch()
    make_private_folder(folder)
    assert mode(folder) == 0o755
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    make_private_folder(shared)
    assert mode(shared) == 0o777
