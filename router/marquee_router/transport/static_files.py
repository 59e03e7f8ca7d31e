"""`CompressedFiles`: static files, each compressed once, in memory, when it is first requested.

A file that changes is compressed again.
"""

from __future__ import annotations

import asyncio
import os
import zlib
from pathlib import Path

import brotli
from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from marquee_router.transport.http.compression import coding_of

_COMPRESSIBLE = ("text/", "application/javascript", "application/json", "image/svg+xml")
_LARGEST_BYTES = 8 * 1024 * 1024
_LEVELS = {"br": 9, "gzip": 9}


class CompressedFiles(StaticFiles):
    """The files of one directory; text is sent in brotli or gzip to clients that accept it."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory=directory)
        self._compressed: dict[tuple[str, str], tuple[float, bytes]] = {}

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, compressed if it is text and the client accepts it."""
        response = await super().get_response(path, scope)
        if not isinstance(response, FileResponse) or response.status_code != 200:
            return response
        if not response.headers.get("content-type", "").startswith(_COMPRESSIBLE):
            return response
        response.headers["vary"] = "accept-encoding"
        request = Headers(scope=scope)
        coding = coding_of(request.get("accept-encoding", ""))
        stat = response.stat_result
        # A range is one of the uncompressed bytes.
        if coding is None or "range" in request or stat is None or stat.st_size > _LARGEST_BYTES:
            return response
        content = await self._content(str(response.path), coding, stat)
        headers = {name: value for name, value in response.headers.items() if name != "accept-ranges"}
        headers |= {"content-encoding": coding, "content-length": str(len(content))}
        # The entity tag becomes weak: the compressed bytes differ from the file (RFC 9110, 8.8.1).
        headers["etag"] = f"W/{headers['etag'].removeprefix('W/')}"
        return Response(content if scope["method"] != "HEAD" else b"", headers=headers)

    async def _content(self, path: str, coding: str, stat: os.stat_result) -> bytes:
        known = self._compressed.get((path, coding))
        if known is None or known[0] != stat.st_mtime:
            known = (stat.st_mtime, await asyncio.to_thread(_compress, Path(path), coding))
            self._compressed[path, coding] = known
        return known[1]


def _compress(path: Path, coding: str) -> bytes:
    content = path.read_bytes()
    if coding == "br":
        compressed: bytes = brotli.compress(content, quality=_LEVELS["br"])
        return compressed
    compressor = zlib.compressobj(_LEVELS["gzip"], zlib.DEFLATED, 31)
    return compressor.compress(content) + compressor.flush()
