"""Folders and files that only their owner may read: stores hold addresses, password hashes and keys."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

_FOLDER: Final = 0o700
_FILE: Final = 0o600
_OWN_SUFFIXES: Final = (".sqlite", ".sqlite-wal", ".sqlite-shm", ".sqlite-journal", ".pem")


def make_private_folder(folder: Path) -> None:
    """Make the folder with mode 0700 when it is missing, and narrow one of ours that was made wider.

    A folder with anything else in it keeps its mode: `--data-dir .` must not close a home folder to others.
    Raises `OSError`.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        folder.mkdir(_FOLDER)
    except FileExistsError:
        if all(name.endswith(_OWN_SUFFIXES) for name in os.listdir(folder)):
            _narrow(folder, _FOLDER)


def make_private_file(file: Path) -> None:
    """Make an empty file with mode 0600 when it is missing, and narrow one that was made wider.

    SQLite gives its `-wal` and `-shm` files the mode of the store. Raises `OSError`.
    """
    try:
        # Only a new file is opened: closing a second descriptor of a store drops the locks that SQLite holds.
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _FILE))
    except FileExistsError:
        for name in (file.name, f"{file.name}-wal", f"{file.name}-shm"):
            with suppress(FileNotFoundError):
                _narrow(file.with_name(name), _FILE)


def _narrow(path: Path, mode: int) -> None:
    found = path.stat()
    # A folder for everybody, as /tmp, has the sticky bit.
    if stat.S_IMODE(found.st_mode) & ~mode and not found.st_mode & stat.S_ISVTX:
        with suppress(PermissionError):  # it belongs to somebody else, who decides
            path.chmod(mode)
