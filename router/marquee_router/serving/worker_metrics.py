"""The metrics of several workers as one page: whichever of them is asked, it asks the others too.

Each worker's series have its number as the label `worker`, so that one that was replaced begins anew like any
process, and sums are right. Must never let a worker that does not answer keep the page from being shown.
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
    """Made before the workers, which share it; each is `at` its number."""

    def __init__(self, count: int) -> None:
        """Raises `OSError` when there is no folder to be had for temporary files."""
        self._folder = Path(tempfile.mkdtemp(prefix="marquee-workers-"))
        self._count = count
        self._index = 0

    @asynccontextmanager
    async def at(self, index: int, exposition: Callable[[], bytes]) -> AsyncIterator[None]:
        """Tell the other workers this one's metrics until the block ends."""
        self._index = index

        async def tell(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(exposition())
            await writer.drain()
            writer.close()

        path = self._path(index)
        path.unlink(missing_ok=True)  # of the one that this one replaces
        async with await asyncio.start_unix_server(tell, path):
            yield

    async def page(self, own: bytes) -> bytes:
        """This worker's metrics with those of the others."""
        others = [index for index in range(self._count) if index != self._index]
        texts = await asyncio.gather(*map(self._ask, others))
        return merged([(self._index, own), *zip(others, texts, strict=True)])

    def close(self) -> None:
        """Take the folder away."""
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
    """Pages of workers in Prometheus' text format as one, family by family."""
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
