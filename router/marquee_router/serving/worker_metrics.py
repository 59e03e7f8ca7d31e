"""The metrics of several workers on one page: the worker that is scraped asks the others over Unix sockets.

Each worker's series have its number as the label `worker`, so that the counters of a replaced worker begin at
zero like those of any restarted process, and sums over the label are right. Must never wait for a worker that
does not answer.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

_WAIT_SECONDS: Final = 1.0


class WorkerMetrics:
    """A folder of Unix sockets, made before the workers are forked; each worker serves one of them."""

    def __init__(self, count: int) -> None:
        """Raises `OSError` when no temporary folder can be made."""
        self._folder = Path(tempfile.mkdtemp(prefix="marquee-workers-"))
        self._count = count
        self._index = 0

    @asynccontextmanager
    async def at(self, index: int, exposition: Callable[[], bytes]) -> AsyncIterator[None]:
        """Serve this worker's metrics to the other workers until the block ends."""
        self._index = index

        async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(exposition())
            await writer.drain()
            writer.close()

        path = self._path(index)
        path.unlink(missing_ok=True)  # left by the worker that this one replaces
        async with await asyncio.start_unix_server(serve, path):
            yield

    async def page(self, own: bytes) -> bytes:
        """This worker's metrics, with those of the others that answer within a second."""
        others = [index for index in range(self._count) if index != self._index]
        texts = await asyncio.gather(*map(self._ask, others))
        return merged([(self._index, own), *zip(others, texts, strict=True)])

    def close(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _path(self, index: int) -> Path:
        return self._folder / str(index)

    async def _ask(self, index: int) -> bytes:
        try:
            async with asyncio.timeout(_WAIT_SECONDS):
                reader, writer = await asyncio.open_unix_connection(self._path(index))
                try:
                    return await reader.read(-1)
                finally:
                    writer.close()
        except (OSError, TimeoutError):
            return b""


def merged(pages: Iterable[tuple[int, bytes]]) -> bytes:
    """Merge pages in Prometheus' text format, family by family: `HELP` and `TYPE` may stand only once.

    `requests_total 3` of worker 1 becomes `requests_total{worker="1"} 3`.
    """
    families: dict[str, list[str]] = {}
    for index, page in sorted(pages):
        family: list[str] = []
        is_known = False
        for line in page.decode().splitlines():
            if line.startswith("# HELP "):
                name = line.split(" ", 3)[2]
                is_known = name in families
                family = families.setdefault(name, [])
            if not line.startswith("#"):
                family.append(_labelled(line, index))
            elif not is_known:
                family.append(line)
    return "".join(f"{line}\n" for family in families.values() for line in family).encode()


def _labelled(sample: str, index: int) -> str:
    name, brace, rest = sample.partition("{")
    if brace:
        return f'{name}{{worker="{index}",{rest}'
    name, _, value = sample.partition(" ")
    return f'{name}{{worker="{index}"}} {value}'
