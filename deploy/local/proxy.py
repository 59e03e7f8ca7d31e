"""nginx on this machine, with the files of `deploy/nginx` rendered for local addresses.

Adds no rule of its own, but for balancers in the place of container names that stand for several replicas.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from deploy.local.addresses import LOCALHOST
from deploy.local.processes import Process, answers
from deploy.local.stores import ROOT, SYSTEM

_SOURCE: Final = ROOT / "deploy" / "nginx"
_SERVER: Final = re.compile(r"server ([\w-]+):(\d+) resolve([^;]*);")
_BALANCER: Final = """upstream balanced_{name} {{
    zone balanced_{name} 64k;
    least_conn;
    {servers}
    keepalive 32;
}}
server {{
    listen {host}:{port};
    client_max_body_size 64m;
    # Between services nothing is taken out: the router's identity passes here.
    location / {{
        proxy_http_version 1.1;
        proxy_set_header Host $http_host;
        proxy_set_header Connection $connection_upgrade;
        proxy_set_header Upgrade $http_upgrade;
        proxy_connect_timeout 2s;
        proxy_read_timeout 75s;
        proxy_buffering off;
        proxy_next_upstream_tries 2;
        proxy_pass http://balanced_{name};
    }}
}}
"""

Replicas = Mapping[tuple[str, int], Sequence[int]]
"""The local ports of each service, by its name and its port in the container."""


def expand_servers(text: str, replicas: Replicas) -> str:
    """`server NAME:PORT resolve …;` as one server per replica."""

    def servers(found: re.Match[str]) -> str:
        ports = replicas.get((found[1], int(found[2])), ())
        if not ports:
            return f"server {LOCALHOST}:9 down;"
        return " ".join(f"server {LOCALHOST}:{port}{found[3]};" for port in ports)

    return _SERVER.sub(servers, text)


def render(
    folder: Path, log: Path, variables: Mapping[str, str], balanced: Mapping[str, tuple[int, Sequence[int]]]
) -> None:
    """Write the configuration into `folder`; `balanced` gives a service's port and those of its replicas."""
    configured = folder / "conf.d"
    configured.mkdir(parents=True, exist_ok=True)
    (folder / "tmp").mkdir(exist_ok=True)
    main = (_SOURCE / "nginx.conf").read_text(encoding="utf-8")
    main = main.replace("/tmp/", f"{folder}/tmp/")  # noqa: S108  # the text in the file
    for device in ("/dev/stdout", "/dev/stderr"):
        main = main.replace(device, str(log))
    (folder / "nginx.conf").write_text(main)
    for included in ("proxy.conf", "security.conf"):
        shutil.copyfile(_SOURCE / included, folder / included)
    for template in (_SOURCE / "templates").glob("*.template"):
        text = template.read_text(encoding="utf-8")
        for name, value in variables.items():
            text = text.replace(f"${{{name}}}", value)
        (configured / template.stem).write_text(text)
    blocks = [
        _BALANCER.format(
            name=name.replace("-", "_"),
            host=LOCALHOST,
            port=port,
            servers=" ".join(
                f"server {LOCALHOST}:{replica} max_fails=1 fail_timeout=2s;" for replica in ports
            ),
        )
        for name, (port, ports) in balanced.items()
    ]
    (configured / "balancers.conf").write_text("\n".join(blocks))


def nginx(folder: Path, logs: Path, port: int) -> Process:
    """The process; `render` has written its files."""
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    options = "daemon off;" + (" user root;" if os.geteuid() == 0 else "")
    url = f"http://{LOCALHOST}:{port}"
    return Process(
        "nginx",
        [
            program,
            "-p",
            str(folder),
            "-c",
            str(folder / "nginx.conf"),
            "-e",
            str(logs / "nginx.log"),
            "-g",
            options,
        ],
        logs / "nginx.log",
        answers(f"{url}/health"),
        url=url,
        environment=SYSTEM,
    )
