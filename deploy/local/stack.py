"""`LocalStack`: the services of the Compose file as processes of this machine, started and ended together."""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

from deploy.local.addresses import LOCALHOST, Addresses, free_ports
from deploy.local.compose import ComposeFile, Service, read_compose, read_env
from deploy.local.mail import MailCatcher
from deploy.local.processes import Process, StartFailed, answers
from deploy.local.proxy import expand_servers, nginx, render
from deploy.local.stores import (
    ROOT,
    SYSTEM,
    PostgresServer,
    missing_programs,
    mongo_server,
    rabbitmq_server,
    redis_server,
)

STORES: Final = {"postgres": 5432, "mongo": 27017, "redis": 6379, "rabbitmq": 5672}
MAIL: Final = ("mail", 1025)
NGINX: Final = ("nginx", 8080)
_VARIABLES: Final = {
    "MARQUEE_OTLP_URL": "",  # there is no collector
    "MARQUEE_REQUESTS_PER_SECOND": "100000",  # every test client has the same address
    "MARQUEE_BURST": "100000",
}


class LocalStack:
    """`async with LocalStack() as stack:` starts it; `stack.url` is nginx, `stack.process(name)` a process.

    Processes are `nginx`, `router-1`, `router-2`, the subgraphs by name (`tickets-1`, `tickets-2` … when more
    than one was asked for), `bank`, and the stores `postgres`, `mongo`, `redis`, `rabbitmq`; `mail` is the
    mail catcher. Each can be stopped, killed, paused and started again, on the same port.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        demo: bool = True,
        port: int | None = None,
        replicas: Mapping[str, int] | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """`folder` keeps data and secrets, a temporary one when None; `port` is nginx's; `replicas` are by
        service; `variables` take the place of those in `.env`.
        """
        self._temporary = folder is None
        self._port = port
        self._demo = demo
        self._replicas = dict(replicas or {})
        self._variables = dict(variables or {})
        self.folder = folder or Path(tempfile.mkdtemp(prefix="marquee-local-"))
        self.logs = self.folder / "logs"
        self.processes: dict[str, Process] = {}
        self.mail = MailCatcher(0)
        self._jobs: dict[str, Process] = {}
        self._done: dict[str, asyncio.Event] = {}

    @property
    def url(self) -> str:
        """What people's browsers are given: nginx."""
        return self.processes["nginx"].url

    def process(self, name: str) -> Process:
        """The process of this name. Raises `KeyError`."""
        return self.processes[name]

    def replicas(self, service: str) -> list[Process]:
        """All processes of a service."""
        return [self.processes[name] for name in self._names(self._compose.services[service])]

    def environment(self, service: str) -> dict[str, str]:
        """The variables of a service as they hold here, those of its first replica."""
        return self._environment(self._compose.services[service], service)

    async def run(self, service: str, *arguments: str) -> tuple[int, str]:
        """Run `marquee ARGUMENTS` with the environment of a service; its exit code and output."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "marquee", *arguments,
            env=self.environment(service), cwd=ROOT,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        output, _ = await process.communicate()
        return process.returncode or 0, output.decode(errors="replace")

    async def __aenter__(self) -> Self:
        try:
            await self._prepare()
            async with asyncio.TaskGroup() as group:
                for name in self._done:
                    group.create_task(self._start(name))
        except BaseException as error:
            await self._end()
            if isinstance(error, BaseExceptionGroup):
                raise _first(error) from error
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._end()

    async def _end(self) -> None:
        """People first, stores last, so that each can say goodbye to the next."""
        running = [*self.processes.values(), *self._jobs.values()]
        stores = [process for process in running if process.name in STORES]
        for process in running:
            if process.is_running:
                process.resume()
        await asyncio.gather(*(process.stop() for process in running if process not in stores))
        await asyncio.gather(*(process.stop() for process in stores))
        await self.mail.stop()
        if self._temporary:
            await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)

    # What there is

    async def _prepare(self) -> None:
        missing = missing_programs()
        if missing:
            raise StartFailed(f"To be installed first: {', '.join(missing)}")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)  # PostgreSQL runs as another user
        self.logs.mkdir(exist_ok=True)
        await self._make_secrets()
        variables = {**read_env((self.folder / ".env").read_text()), **_VARIABLES, **self._variables}
        services = read_compose(ROOT / "docker-compose.yml", variables).services
        ports = free_ports(200)
        here = self._port or next(ports)
        variables["MARQUEE_PUBLIC_URL"] = f"http://{LOCALHOST}:{here}"
        self._compose = read_compose(ROOT / "docker-compose.yml", variables)
        self._local: dict[tuple[str, int], list[int]] = {
            (service.name, port): [next(ports) for _ in range(self._count(service))]
            for service in services.values()
            for port in service.ports
            if service.name in STORES or service.name == MAIL[0] or _is_ours(service)
        }
        self._balanced = {key: next(ports) for key, replicas in self._local.items() if len(replicas) > 1}
        self._local[NGINX] = [here]
        self._addresses = Addresses(
            {key: self._balanced.get(key, ports[0]) for key, ports in self._local.items()},
            self._literal(self._compose),
        )
        self.mail.port = self._local[MAIL][0]
        self._describe(next(ports))

    async def _make_secrets(self) -> None:
        if (self.folder / ".env").exists():
            return
        process = await asyncio.create_subprocess_exec(
            str(ROOT / "deploy" / "make-secrets"), str(self.folder), stdout=asyncio.subprocess.DEVNULL
        )
        if await process.wait():
            raise StartFailed("deploy/make-secrets failed")

    def _literal(self, compose: ComposeFile) -> dict[str, str]:
        """Secrets, and the proxy's address."""
        files = {f"/run/secrets/{name}": str(self.folder / file) for name, file in compose.secrets.items()}
        fixed = {address: LOCALHOST for service in compose.services.values() for address in service.addresses}
        return {**files, **fixed}

    def _count(self, service: Service) -> int:
        return self._replicas.get(service.name, service.replicas)

    def _names(self, service: Service) -> list[str]:
        count = self._count(service)
        if count == 1 and service.replicas == 1:
            return [service.name]
        return [f"{service.name}-{number}" for number in range(1, count + 1)]

    def _describe(self, distribution_port: int) -> None:
        """Make every process, in the order in which the list is read by people."""
        services = self._compose.services
        self.processes["nginx"] = self._proxy(services["nginx"])
        for service in services.values():
            if not _is_ours(service):
                continue
            if service.is_job:
                if self._demo or service.name != "demo":
                    self._jobs[service.name] = self._ours(service, service.name, None)
                continue
            (key,) = (key for key in self._local if key[0] == service.name)
            for name, port in zip(self._names(service), self._local[key], strict=True):
                self.processes[name] = self._ours(service, name, port)
        ports = {name: self._local[name, port][0] for name, port in STORES.items()}
        self._postgres = PostgresServer(
            self.folder / "postgres", self.logs, ports["postgres"], services["postgres"].environment
        )
        self.processes |= {
            "postgres": self._postgres.process,
            "mongo": mongo_server(self.folder / "mongo", self.logs, ports["mongo"]),
            "redis": redis_server(
                self.folder / "redis",
                self.logs,
                ports["redis"],
                services["redis"].environment["REDIS_PASSWORD"],
            ),
            "rabbitmq": rabbitmq_server(
                self.folder / "rabbitmq",
                self.logs,
                (ports["rabbitmq"], distribution_port),
                services["rabbitmq"].environment,
            ),
        }
        self._done = {name: asyncio.Event() for name in (*self._jobs, *self.processes)}

    def _proxy(self, service: Service) -> Process:
        folder = self.folder / "nginx"
        here = self._local[NGINX][0]
        variables = {
            "NGINX_LOCAL_RESOLVERS": LOCALHOST,
            "MARQUEE_NGINX_PORT": f"{LOCALHOST}:{here}",
            "MARQUEE_STATIC": str(ROOT / "marquee" / "marquee" / "static"),
            "MARQUEE_GRAPHIQL": str(ROOT / "router" / "marquee_router" / "graphiql"),
            "MARQUEE_RELEASE": "local",
            **{name: expand_servers(value, self._local) for name, value in service.environment.items()},
        }
        balanced = {key[0]: (port, self._local[key]) for key, port in self._balanced.items()}
        render(folder, self.logs / "nginx.log", variables, balanced)
        return nginx(folder, self.logs, here)

    def _ours(self, service: Service, name: str, port: int | None) -> Process:
        url = "" if port is None else f"http://{LOCALHOST}:{port}"
        command = self._addresses.command(service.command, port)
        return Process(
            name,
            [sys.executable, "-m", "marquee", *command],
            self.logs / f"{name}.log",
            answers(f"{url}/ready", worst=499),
            url=url,
            environment=self._environment(service, name),
            folder=ROOT,
        )

    def _environment(self, service: Service, name: str) -> dict[str, str]:
        given = {key: self._addresses.rewrite(value) for key, value in service.environment.items()}
        if "MARQUEE_MONGO_URL" in given:  # what stands in MongoDB's place knows no passwords
            parts = urlsplit(given["MARQUEE_MONGO_URL"])
            given["MARQUEE_MONGO_URL"] = f"mongodb://{parts.hostname}:{parts.port}"
        if "MARQUEE_HOST" in given:
            given["MARQUEE_HOST"] = LOCALHOST
        data = self.folder / "data" / name
        return {
            **SYSTEM,
            "HOME": str(self.folder),
            "PYTHONUNBUFFERED": "1",
            **given,
            "MARQUEE_DATA_DIR": str(data),
        }

    # How it starts

    async def _start(self, name: str) -> None:
        if name == "postgres":
            await asyncio.gather(self._postgres.start(), self.mail.start())
        elif name in self._jobs:
            await self._after(name, everything=True)
            job = self._jobs[name]
            await job.start(wait=False)
            if await job.finish():
                raise StartFailed(f"{name} failed. The end of {job.log}:\n{job.tail()}")
        else:
            await self._after(name, everything=False)
            await self.processes[name].start()
        self._done[name].set()

    async def _after(self, name: str, *, everything: bool) -> None:
        """Wait for the stores and jobs that the Compose file names; a job for the other services too."""
        service = self._service_of(name)
        for other in () if service is None else service.after:
            if everything or other in STORES or other in self._jobs:
                names = [other] if other in self._done else self._names(self._compose.services[other])
                for each in names:
                    await self._done[each].wait()

    def _service_of(self, name: str) -> Service | None:
        if name in STORES or name == "nginx":
            return None
        services = self._compose.services
        return services.get(name) or services[name.rpartition("-")[0]]


def _is_ours(service: Service) -> bool:
    return service.image.startswith("marquee:") or service.is_job


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    found: Sequence[BaseException] = group.exceptions
    return _first(found[0]) if isinstance(found[0], BaseExceptionGroup) else found[0]
