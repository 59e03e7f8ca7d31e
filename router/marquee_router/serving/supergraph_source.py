"""Where a router's supergraph comes from: a file, an address, or running subgraphs to compose.

Each source returns the text when it has changed, and knows when to read again. None of them checks the text.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from marquee_router.errors import RouterError

if TYPE_CHECKING:  # a router that reads a file starts without importing these
    import aiohttp

    from marquee_router.serving.subgraph_list import Source

MAX_BYTES: Final = 64 * 1024 * 1024
TIMEOUT_SECONDS: Final = 15.0
_LOOK_SECONDS: Final = 1.0
"""How often a watched file is also looked at: a change between two watches sends no notification."""


class SourceUnreadable(RouterError):
    """The supergraph cannot be read; the message says where it was looked for, and why that failed."""

    code = "SUPERGRAPH_UNREADABLE"


class SupergraphSource(Protocol):
    """Where the text of a supergraph comes from."""

    @property
    def origin(self) -> str:
        """The name of the source in messages: a path or an address."""
        ...

    async def read(self) -> str | None:
        """The text; None when it is the same as the last call returned. Raises `SourceUnreadable`."""
        ...

    async def wait(self) -> None:
        """Return when the text may have changed."""
        ...


class FileSource:
    """A file, replaced or written in place, also by a link (Kubernetes mounts a ConfigMap as links)."""

    def __init__(self, path: Path) -> None:
        self.origin = str(path)
        self._path = path
        self._last_text: str | None = None
        self._seen = self._appearance()

    async def read(self) -> str | None:
        """The text; None when it is the same as the last call returned. Raises `SourceUnreadable`."""
        self._seen = self._appearance()
        try:
            text = await asyncio.to_thread(self._path.read_text, "utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SourceUnreadable(f"{self._path}: cannot be read: {error}") from None
        if text == self._last_text:
            return None
        self._last_text = text
        return text

    async def wait(self) -> None:
        """Return when the file, or the file that it links to, was replaced or written."""
        from watchfiles import awatch

        while self._appearance() == self._seen:
            folders = {path.parent for path in (self._path, self._path.resolve()) if path.parent.is_dir()}
            if not folders:
                await asyncio.sleep(_LOOK_SECONDS)
                continue
            changes = awatch(
                *folders,
                recursive=False,
                debounce=400,
                rust_timeout=int(_LOOK_SECONDS * 1000),
                yield_on_timeout=True,
            )
            async with aclosing(changes):
                async for _ in changes:
                    if self._appearance() != self._seen:
                        return

    def _appearance(self) -> object:
        """A value that changes when the file is replaced or written; None when there is no file."""
        try:
            found = os.stat(self._path)
        except OSError:
            return None
        return (found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size)


class UrlSource:
    """An HTTP address that is polled, with `If-None-Match` when it sends an `ETag`."""

    def __init__(self, url: str, poll_seconds: float) -> None:
        self.origin = url
        self._poll_seconds = poll_seconds
        self._etag: str | None = None
        self._last_text: str | None = None

    async def read(self) -> str | None:
        """The text; None when it is the same as the last call returned. Raises `SourceUnreadable`."""
        import aiohttp

        headers = {"if-none-match": self._etag} if self._etag is not None else {}
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.get(self.origin, headers=headers) as response,
            ):
                if response.status == 304:
                    return None
                if response.status != 200:
                    raise SourceUnreadable(f"{self.origin}: cannot be read: HTTP {response.status}")
                text = (await _at_most(response.content)).decode("utf-8")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise SourceUnreadable(f"{self.origin}: cannot be read: {error}") from None
        self._etag = response.headers.get("etag")
        if text == self._last_text:
            return None
        self._last_text = text
        return text

    async def wait(self) -> None:
        """Return when it is time for the next poll."""
        await _pause(self._poll_seconds)


class ComposedSource:
    """The composition of running subgraphs, which are asked for their SDL."""

    origin = "the composed subgraphs"

    def __init__(self, sources: Sequence[Source], poll_seconds: float) -> None:
        self._sources = sources
        self._poll_seconds = poll_seconds
        self._last_text: str | None = None

    async def read(self) -> str | None:
        """The text; None when it is the same as the last call returned. Raises `SourceUnreadable`."""
        from marquee_router.serving.subgraph_list import GraphError, load_subgraphs
        from marquee_schema.composition import CompositionError, compose

        try:
            subgraphs = await load_subgraphs(self._sources)
            text = (await asyncio.to_thread(compose, subgraphs)).supergraph_sdl
        except GraphError as error:
            raise SourceUnreadable(str(error)) from None
        except CompositionError as error:
            problems = "\n".join(f"{problem.code}: {problem.message}" for problem in error.errors)
            raise SourceUnreadable(problems) from None
        if text == self._last_text:
            return None
        self._last_text = text
        return text

    async def wait(self) -> None:
        """Return when it is time for the next poll."""
        await _pause(self._poll_seconds)


async def _at_most(content: aiohttp.StreamReader) -> bytes:
    body = bytearray()
    async for chunk in content.iter_any():
        body += chunk
        if len(body) > MAX_BYTES:
            raise ValueError(f"it has more than {MAX_BYTES} bytes")
    return bytes(body)


async def _pause(seconds: float) -> None:
    """Sleep for `seconds`, a tenth more or less, so that many routers do not poll at the same moment."""
    await asyncio.sleep(seconds * random.uniform(0.9, 1.1))  # noqa: S311 no secret
