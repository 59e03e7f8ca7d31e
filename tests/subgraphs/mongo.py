"""Fixtures for documents in MongoDB: a server that speaks its wire protocol, and a real one where the
environment names it by `MARQUEE_TEST_MONGO_URL`.

`mongo` is an address and a database of this test's own, on each kind; `any_mongo` on the best one.
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pymongo
import pytest

REAL_SERVER = os.environ.get("MARQUEE_TEST_MONGO_URL")


@dataclass(frozen=True, slots=True)
class Mongo:
    """A server's address, and the name that a test's databases there begin with."""

    url: str
    database: str


@contextmanager
def wire_server(port: int, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`nx-27017` on `port`, each database in a file of `folder`; ended with the block."""
    folder.mkdir(exist_ok=True)
    start = "from nx_27017.nx_27017 import main; main()"
    arguments: list[str | Path] = [
        "--data-dir",
        folder,
        "--port",
        str(port),
        "--log-file",
        folder / "log",
        "--pid-file",
        folder / "pid",
    ]
    process = subprocess.Popen(
        [sys.executable, "-c", start, *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
    )
    try:
        give_up = time.monotonic() + 20
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > give_up:
                raise RuntimeError("nx-27017 did not start")
            time.sleep(0.02)
        yield process
    finally:
        process.kill()
        process.wait()


def free_port() -> int:
    """A port below the ephemeral ones that nobody listens on."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.3)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="session")
def wire_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of this session's server of the wire protocol."""
    port = free_port()
    with wire_server(port, tmp_path_factory.mktemp("mongo")):
        yield f"mongodb://127.0.0.1:{port}"


@pytest.fixture(params=["nx-27017", *(["mongodb"] if REAL_SERVER else [])])
def mongo(request: pytest.FixtureRequest) -> Iterator[Mongo]:
    """An empty database, once on each kind of server there is."""
    url: str = request.getfixturevalue("wire_url") if request.param == "nx-27017" else str(REAL_SERVER)
    yield from _database(url)


@pytest.fixture
def any_mongo(request: pytest.FixtureRequest) -> Iterator[Mongo]:
    """An empty database, on the real server when there is one."""
    yield from _database(REAL_SERVER or request.getfixturevalue("wire_url"))


def _database(url: str) -> Iterator[Mongo]:
    name = f"marquee_test_{secrets.token_hex(6)}"
    yield Mongo(url, name)
    if url == REAL_SERVER:
        with pymongo.MongoClient[dict[str, object]](url) as client:
            for database in client.list_database_names():
                if database.startswith(name):
                    client.drop_database(database)
