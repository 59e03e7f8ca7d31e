"""The real parts the tests talk to: found running, installed where possible, or started for this run."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests import rabbitmq_server

POSTGRES_PORT = 15432
REDIS_PORT = 16379
RABBITMQ_PORT = 15672


@contextlib.contextmanager
def provide_services() -> Iterator[list[str]]:
    """Provide PostgreSQL, Chromium and Node; yields a line for each not to be had, stops what it started."""
    missing: list[str] = []
    with contextlib.ExitStack() as started:
        if not _provide_postgres(started):
            missing.append(
                "PostgreSQL (install Debian's `postgresql`): the stores were tested on SQLite only"
            )
        if not _provide_redis(started):
            missing.append("Redis (install Debian's `redis-server`): what it shares was not tested")
        if not _provide_rabbitmq(started):
            missing.append(
                "RabbitMQ (install Debian's `rabbitmq-server`): events crossed the embedded broker only"
            )
        if not _provide_program("nginx", "nginx-light"):
            missing.append("nginx (install Debian's `nginx-light`): the production layout was not started")
        if not _provide_program("faketime", "faketime"):
            missing.append("faketime (Debian's package): no replica was given a wrong clock")
        if not _provide_program("kubectl", "kubernetes-client"):
            missing.append("kubectl: the manifests for Kubernetes were not rendered")
        if not _provide_program("chromium", "chromium"):
            missing.append("Chromium (install Debian's `chromium`): the pages were not opened")
        if not (_provide_program("node", "nodejs") and _provide_program("npm", "npm")):
            missing.append("Node.js (install Debian's `nodejs` and `npm`): the clients from npm were not run")
        if not _provide_program("prometheus", "prometheus"):
            missing.append("Prometheus (install Debian's `prometheus`): dashboard and alerts were not tried")
        yield missing


def _provide_program(program: str, package: str) -> bool:
    return _finds(program) or (_install(package) and _finds(program))


def _finds(program: str) -> bool:
    return any(shutil.which(program, path=path) for path in (None, "/usr/sbin"))


def _install(package: str) -> bool:
    """Install a Debian package when this is root on Debian; True when it is there afterwards."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    print(f"== installing {package}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", package]):
        finished = subprocess.run(command, stdout=subprocess.DEVNULL, check=False, env=environment)
    return finished.returncode == 0


def _provide_postgres(started: contextlib.ExitStack) -> bool:
    if os.environ.get("MARQUEE_TEST_POSTGRES_URL"):
        return True
    if _listens(5432):
        os.environ["MARQUEE_TEST_POSTGRES_URL"] = "postgresql://postgres@127.0.0.1:5432"
        return True
    binaries = _postgres_binaries()
    if binaries is None and _install("postgresql"):
        binaries = _postgres_binaries()
    if binaries is None:
        return False
    _start_postgres(binaries, started)
    os.environ["MARQUEE_TEST_POSTGRES_URL"] = f"postgresql://postgres@127.0.0.1:{POSTGRES_PORT}"
    return True


def _provide_redis(started: contextlib.ExitStack) -> bool:
    """A Redis to share (`MARQUEE_TEST_REDIS_URL`), and the program for tests that stop their own."""
    if not _provide_program("redis-server", "redis-server"):
        return bool(os.environ.get("MARQUEE_TEST_REDIS_URL"))
    if not os.environ.get("MARQUEE_TEST_REDIS_URL"):
        port = 6379
        if not _listens(port):
            port = REDIS_PORT
            server = subprocess.Popen(
                ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            started.callback(server.wait)
            started.callback(server.terminate)
            give_up = time.monotonic() + 10
            while not _listens(port):
                if time.monotonic() > give_up:
                    raise SystemExit("Redis did not start within 10 s")
                time.sleep(0.05)
        os.environ["MARQUEE_TEST_REDIS_URL"] = f"redis://127.0.0.1:{port}"
    return True


def _provide_rabbitmq(started: contextlib.ExitStack) -> bool:
    """A RabbitMQ to share (`MARQUEE_TEST_AMQP_URL`): every test has names of its own on it."""
    if os.environ.get("MARQUEE_TEST_AMQP_URL"):
        return True
    if _listens(5672):
        os.environ["MARQUEE_TEST_AMQP_URL"] = "amqp://guest:guest@127.0.0.1:5672"
        return True
    if not rabbitmq_server.is_installed() and not _install("rabbitmq-server"):
        return False
    os.environ["MARQUEE_TEST_AMQP_URL"] = started.enter_context(rabbitmq_server.running(RABBITMQ_PORT))
    return True


def _postgres_binaries() -> Path | None:
    on_path = shutil.which("initdb")
    found = [Path(on_path)] if on_path else sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def _start_postgres(binaries: Path, started: contextlib.ExitStack) -> None:
    """Start a throw-away cluster; PostgreSQL refuses to run as root, so root starts it as `postgres`."""
    directory = Path(started.enter_context(tempfile.TemporaryDirectory(prefix="marquee-postgres-")))
    prefix: list[str] = []
    if os.geteuid() == 0:
        shutil.chown(directory, "postgres")
        prefix = ["runuser", "-u", "postgres", "--"]
    data = directory / "data"
    subprocess.run(
        [*prefix, binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync"],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    server = subprocess.Popen(
        [
            *prefix,
            binaries / "postgres",
            "-D",
            data,
            "-p",
            str(POSTGRES_PORT),
            "-k",
            directory,
            "-c",
            "listen_addresses=127.0.0.1",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    started.callback(server.wait)
    started.callback(server.terminate)
    give_up = time.monotonic() + 30
    while not _listens(POSTGRES_PORT):
        if time.monotonic() > give_up:
            raise SystemExit("PostgreSQL did not start within 30 s")
        time.sleep(0.1)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.3)
        return probe.connect_ex(("127.0.0.1", port)) == 0
