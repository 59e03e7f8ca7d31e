"""The stores on this machine: how each server is started where the Compose file has a container."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from deploy.local.addresses import LOCALHOST
from deploy.local.processes import Process, StartFailed, listens, succeeds

ROOT: Final = Path(__file__).parents[2]
_RABBITMQ: Final = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
SYSTEM: Final = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}

_AS_POSTGRES: Final = (
    *("setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"),
    "--pdeathsig=INT",  # said again: a change of user forgets it
)
"""PostgreSQL refuses to run as root; unlike `runuser` this is not a process in between."""


class PostgresServer:
    """A cluster of its own, with the roles and databases of production."""

    def __init__(self, folder: Path, logs: Path, port: int, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._data = folder / "data"
        self._port = port
        self._environment = environment
        self._binaries = _postgres_binaries()
        self._prefix: tuple[str, ...] = _AS_POSTGRES if os.geteuid() == 0 else ()
        self.process = Process(
            "postgres",
            [
                *self._prefix,
                str(self._binaries / "postgres"),
                *("-D", str(self._data), "-p", str(port), "-k", str(folder)),
                *("-c", f"listen_addresses={LOCALHOST}", "-c", "max_connections=300"),
                *("-c", "fsync=off", "-c", "full_page_writes=off"),  # processes die here, machines do not
            ],
            logs / "postgres.log",
            succeeds(str(self._binaries / "pg_isready"), "-q", "-h", LOCALHOST, "-p", str(port)),
            environment=SYSTEM,
            stop_signal=signal.SIGINT,
        )

    async def start(self) -> None:
        """Make the cluster when it is new, start the server, make the roles."""
        new = not self._data.exists()
        if new:
            await self._make_cluster()
        await self.process.start()
        if new:
            script = str(ROOT / "deploy" / "postgres" / "10-roles.sh")
            environment = {
                **SYSTEM,
                **self._environment,
                "PGHOST": str(self._folder),
                "PGPORT": str(self._port),
            }
            await _run("sh", script, environment=environment)

    async def _make_cluster(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        password = self._folder / "password"
        password.write_text(self._environment["POSTGRES_PASSWORD"])
        if self._prefix:
            for path in (self._folder, password):
                shutil.chown(path, "postgres")
        await _run(
            *self._prefix,
            str(self._binaries / "initdb"),
            *("-D", str(self._data), "-U", "postgres", "--no-sync", "--no-instructions", "-E", "UTF8"),
            *("--auth-local=trust", "--auth-host=scram-sha-256", "--pwfile", str(password)),
            environment=SYSTEM,
        )
        password.unlink()


def redis_server(folder: Path, logs: Path, port: int, password: str) -> Process:
    """A Redis that keeps nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    options = ("--bind", LOCALHOST, "--port", str(port), "--save", "", "--requirepass", password)
    return Process(
        "redis",
        ["redis-server", *options, "--dir", str(folder)],
        logs / "redis.log",
        listens(LOCALHOST, port),
        environment=SYSTEM,
    )


def mongo_server(folder: Path, logs: Path, port: int) -> Process:
    """nx-27017 in MongoDB's place."""
    folder.mkdir(parents=True, exist_ok=True)
    files = ("--data-dir", str(folder), "--log-file", str(logs / "mongo-server.log"))
    program = str(Path(sys.executable).with_name("nx-27017"))
    return Process(
        "mongo",
        [program, "--host", LOCALHOST, "--port", str(port), *files, "--pid-file", str(folder / "pid")],
        logs / "mongo.log",
        listens(LOCALHOST, port),
        environment=SYSTEM,
    )


def rabbitmq_server(
    folder: Path, logs: Path, ports: tuple[int, int], environment: Mapping[str, str]
) -> Process:
    """A broker that is a node of its own; `ports` are for AMQP and for Erlang's own use."""
    folder.mkdir(parents=True, exist_ok=True)
    amqp, distribution = ports
    configuration = folder / "rabbitmq.conf"
    configuration.write_text(
        f"listeners.tcp.1 = {LOCALHOST}:{amqp}\n"
        f"default_user = {environment['RABBITMQ_DEFAULT_USER']}\n"
        f"default_pass = {environment['RABBITMQ_DEFAULT_PASS']}\n"
        "log.console.level = warning\n"
    )
    return Process(
        "rabbitmq",
        [str(_RABBITMQ)],
        logs / "rabbitmq.log",
        listens(LOCALHOST, amqp),
        environment={
            **SYSTEM,
            "HOME": str(folder),
            "RABBITMQ_NODENAME": f"marquee-{amqp}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": LOCALHOST,
            "RABBITMQ_NODE_PORT": str(amqp),
            "RABBITMQ_DIST_PORT": str(distribution),
            "RABBITMQ_CONFIG_FILE": str(configuration),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+sbwt none +sbwtdcpu none +sbwtdio none",
            "ERL_MAX_PORTS": "4096",
        },
    )


def missing_programs() -> list[str]:
    """What has to be installed first: Debian's names."""
    missing = [
        package
        for program, package in (
            ("nginx", "nginx-light"),
            ("redis-server", "redis-server"),
            ("psql", "postgresql-client"),
        )
        if _which(program) is None
    ]
    if not _RABBITMQ.exists():
        missing.append("rabbitmq-server")
    if not (shutil.which("postgres") or list(Path("/usr/lib/postgresql").glob("*/bin/postgres"))):
        missing.append("postgresql")
    return missing


def _which(program: str) -> str | None:
    return shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")


def _postgres_binaries() -> Path:
    """The newest on Debian, where the programs on PATH are wrappers; else the one on PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    on_path = shutil.which("postgres")
    if found:
        return found[-1].parent
    if on_path is None:
        raise StartFailed("PostgreSQL is not installed (Debian's `postgresql`)")
    return Path(on_path).resolve().parent


async def _run(*command: str, environment: Mapping[str, str]) -> None:
    process = await asyncio.create_subprocess_exec(
        *command,
        env={**environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise StartFailed(f"{command} ended with {process.returncode}:\n{output.decode(errors='replace')}")
