"""Where each service of the Compose file is on this machine: names become `127.0.0.1` with a port each."""

from __future__ import annotations

import random
import re
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack

LOCALHOST = "127.0.0.1"
PORTS = range(20_000, 32_000)
"""Below the range from which the kernel takes ports for outgoing connections."""


def free_ports(count: int) -> Iterator[int]:
    """Different ports that are free now."""
    found: list[int] = []
    with ExitStack() as held:
        for port in random.sample(PORTS, len(PORTS)):
            if len(found) == count:
                break
            probe = held.enter_context(socket.socket())
            try:
                probe.bind((LOCALHOST, port))
            except OSError:
                continue
            found.append(port)
    return iter(found)


class Addresses:
    """Rewrites what the Compose file says of names, ports, secrets and folders."""

    def __init__(self, ports: Mapping[tuple[str, int], int], literal: Mapping[str, str]) -> None:
        """`ports` are by service and port in its container; `literal` texts are replaced as they are."""
        self._ports = ports
        self._literal = literal
        names = "|".join(sorted({name for name, _ in ports}, key=len, reverse=True))
        self._pattern = re.compile(rf"(?<![\w.-])({names}):(\d+)(?!\d)")

    def rewrite(self, text: str) -> str:
        """The text as it holds on this machine."""
        for found, meant in self._literal.items():
            text = text.replace(found, meant)
        return self._pattern.sub(self._local, text)

    def _local(self, found: re.Match[str]) -> str:
        port = self._ports.get((found[1], int(found[2])))
        return found[0] if port is None else f"{LOCALHOST}:{port}"

    def command(self, arguments: Sequence[str], port: int | None) -> list[str]:
        """A command that listens on this machine's own port in place of the container's."""
        rewritten = [self.rewrite(argument) for argument in arguments]
        for place, argument in enumerate(rewritten[:-1]):
            if argument == "--port" and port is not None:
                rewritten[place + 1] = str(port)
            elif argument == "--host":
                rewritten[place + 1] = LOCALHOST
        return rewritten
