"""A RabbitMQ of the tests' own, started for a block; nothing is left of it."""

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

_SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
_START_SECONDS = 60


def is_installed() -> bool:
    """Whether Debian's `rabbitmq-server` is there."""
    return _SERVER.exists()


@contextlib.contextmanager
def running(port: int) -> Iterator[str]:
    """Run a node on `port` (and the port after it, for Erlang); yields its URL."""
    with tempfile.TemporaryDirectory(prefix="marquee-rabbitmq-") as folder:
        prefix: list[str] = []
        if os.geteuid() == 0:
            shutil.chown(folder, "rabbitmq")
            prefix = ["runuser", "-u", "rabbitmq", "--"]
        environment = {
            **os.environ,
            "HOME": folder,
            "RABBITMQ_NODENAME": f"marquee{port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(port),
            "RABBITMQ_DIST_PORT": str(port + 1),
            "RABBITMQ_MNESIA_BASE": f"{folder}/data",
            "RABBITMQ_LOG_BASE": f"{folder}/log",
            "RABBITMQ_PID_FILE": f"{folder}/pid",
            "RABBITMQ_CONFIG_FILE": f"{folder}/none",
            "RABBITMQ_CONF_ENV_FILE": f"{folder}/none",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/plugins",
        }
        server = subprocess.Popen(
            [*prefix, _SERVER], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            _wait(server, port)
            yield f"amqp://guest:guest@127.0.0.1:{port}"
        finally:
            _stop(server, Path(folder) / "pid")


def _stop(server: subprocess.Popen[bytes], pid_file: Path) -> None:
    # The signal is for Erlang's own process, which the shell script before it does not pass on.
    with contextlib.suppress(OSError, ValueError):
        os.kill(int(pid_file.read_text()), 15)
    with contextlib.suppress(subprocess.TimeoutExpired):
        server.wait(20)
        return
    server.kill()
    server.wait()


def _wait(server: subprocess.Popen[bytes], port: int) -> None:
    give_up = time.monotonic() + _START_SECONDS
    while not _greets(port):
        if server.poll() is not None or time.monotonic() > give_up:
            raise SystemExit(f"RabbitMQ did not start within {_START_SECONDS} s")
        time.sleep(0.2)


def _greets(port: int) -> bool:
    """A node listens before it serves; it closes a connection that speaks no AMQP with its version."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.5) as probe:
            probe.sendall(b"AMQP\x00\x00\x09\x01")
            return bool(probe.recv(1))
    except OSError:
        return False
