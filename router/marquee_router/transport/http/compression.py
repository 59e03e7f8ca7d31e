"""The content encodings of responses and of request bodies.

Owns negotiation by `Accept-Encoding` (RFC 9110, 12.5.3). Must never compress for long on the event loop, nor
decompress to more than a bound.
"""

from __future__ import annotations

import asyncio
import zlib
from functools import lru_cache

import brotli

from marquee_router.config.model import Compression
from marquee_router.transport.errors import BodyTooLarge, MalformedRequest, UnsupportedMediaType

IN_THREAD_BYTES = 128 * 1024

_CODINGS = ("br", "gzip")
"""Supported codings, the better one first."""
_GZIP = 31
"""The window bits that make zlib write and read the gzip format."""


@lru_cache(maxsize=512)
def coding_of(accept_encoding: str) -> str | None:
    """Return the supported coding that a client prefers; None if it prefers no coding.

    Of codings with equal quality the better one is chosen: `gzip, br` gives `br`.
    """
    qualities: dict[str, float] = {}
    for entry in accept_encoding.lower().split(","):
        name, _, parameters = entry.partition(";")
        name = name.strip()
        qualities["gzip" if name == "x-gzip" else name] = _quality(parameters)
    others = qualities.get("*", 0.0)
    best, liked = None, qualities.get("identity", 0.0)
    # A coding that is not named has the quality of `*`; without `*` it is not acceptable.
    for coding in _CODINGS:
        quality = qualities.get(coding, others)
        if quality > liked or (quality == liked > 0 and best is None):
            best, liked = coding, quality
    return best


def _quality(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                quality = float(value)
            except ValueError:
                return 0.0
            return quality if 0 <= quality <= 1 else 0.0
    return 1.0


class Compressor:
    """Compresses responses by the settings."""

    def __init__(self, settings: Compression) -> None:
        self._minimum_bytes = settings.minimum_bytes if settings.enabled else None
        self._level = settings.level
        self._brotli_level = settings.brotli_level

    def coding(self, size: int, accept_encoding: str | None) -> str | None:
        """The coding of a body of this size for a client; None: it is not compressed."""
        if accept_encoding is None or self._minimum_bytes is None or size < self._minimum_bytes:
            return None
        return coding_of(accept_encoding)

    async def compress(self, body: bytes, coding: str) -> bytes:
        """Return the compressed body; equal bodies give equal bytes."""
        if len(body) < IN_THREAD_BYTES:
            return self._compressed(body, coding)
        return await asyncio.to_thread(self._compressed, body, coding)

    def _compressed(self, body: bytes, coding: str) -> bytes:
        if coding == "br":
            compressed: bytes = brotli.compress(body, quality=self._brotli_level)
            return compressed
        compressor = zlib.compressobj(self._level, zlib.DEFLATED, _GZIP)
        return compressor.compress(body) + compressor.flush()


def decompressed(body: bytes, coding: str, max_bytes: int) -> bytes:
    """Return the decompressed body of a request, at most `max_bytes`.

    Raises `UnsupportedMediaType` for anything but gzip, `BodyTooLarge`, and `MalformedRequest`.
    """
    if coding not in ("gzip", "x-gzip"):
        raise UnsupportedMediaType(
            "Request bodies are read as they are, or in gzip", headers={"accept-encoding": "gzip, identity"}
        )
    decoder = zlib.decompressobj(_GZIP)
    try:
        plain = decoder.decompress(body, max_bytes)
        if decoder.unconsumed_tail or (not decoder.eof and decoder.decompress(b"", 1)):
            raise BodyTooLarge(f"The body has more than {max_bytes} bytes, unpacked")
    except zlib.error:
        raise MalformedRequest("The body is not gzip") from None
    if not decoder.eof or decoder.unused_data:
        raise MalformedRequest("The body is not one whole gzip stream")
    return plain
