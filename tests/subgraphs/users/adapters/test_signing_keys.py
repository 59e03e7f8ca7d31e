"""A signing key is made once, and only its owner can read it."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from marquee_foundation.ed25519 import key_id
from marquee_subgraphs.users.adapters.signing_keys import read_or_make_key


def test_a_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "key.pem"
    made = read_or_make_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert key_id(read_or_make_key(path).public_key()) == key_id(made.public_key())
    assert [each.name for each in path.parent.iterdir()] == ["key.pem"]


def test_processes_that_start_together_agree_on_the_key(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: read_or_make_key(path), range(16)))
    assert len({key_id(key.public_key()) for key in keys}) == 1
