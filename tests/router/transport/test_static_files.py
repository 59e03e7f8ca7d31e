"""Static files are packed once, and again only when they change."""

from __future__ import annotations

import asyncio
import gzip
import os
from pathlib import Path
from typing import Any

import brotli
import pytest

from marquee_router.transport.static_files import CompressedFiles

TEXT = b"body { color: red }\n" * 200


async def get(
    app: CompressedFiles, path: str, method: str = "GET", **headers: str
) -> tuple[dict[str, str], bytes]:
    sent: list[Any] = []

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "root_path": "", "headers": raw}
    await app(scope, receive, send)
    told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return {**told, "status": str(sent[0]["status"])}, b"".join(each.get("body", b"") for each in sent[1:])


@pytest.fixture
def files(tmp_path: Path) -> CompressedFiles:
    (tmp_path / "a.css").write_bytes(TEXT)
    (tmp_path / "a.png").write_bytes(TEXT)
    return CompressedFiles(tmp_path)


@pytest.mark.parametrize(("coding", "unpack"), [("br", brotli.decompress), ("gzip", gzip.decompress)])
async def test_text_is_packed(files: CompressedFiles, coding: str, unpack: Any) -> None:
    headers, body = await get(files, "/a.css", accept_encoding=coding)
    assert headers["content-encoding"] == coding
    assert headers["vary"] == "accept-encoding"
    assert int(headers["content-length"]) == len(body)
    assert unpack(body) == TEXT
    assert headers["etag"].startswith('W/"')


async def test_a_file_is_sent_as_it_is_to_who_accepts_nothing_else(files: CompressedFiles) -> None:
    headers, body = await get(files, "/a.css")
    assert "content-encoding" not in headers
    assert body == TEXT
    headers, body = await get(files, "/a.png", accept_encoding="br")
    assert "content-encoding" not in headers


async def test_a_changed_file_is_packed_again(files: CompressedFiles, tmp_path: Path) -> None:
    await get(files, "/a.css", accept_encoding="br")
    (tmp_path / "a.css").write_bytes(b"new")
    os.utime(tmp_path / "a.css", (1, 1))
    assert brotli.decompress((await get(files, "/a.css", accept_encoding="br"))[1]) == b"new"


async def test_what_is_known_already_is_not_sent_again(files: CompressedFiles) -> None:
    headers, _ = await get(files, "/a.css", accept_encoding="br")
    again, body = await get(files, "/a.css", accept_encoding="br", if_none_match=headers["etag"])
    assert (again["status"], body) == ("304", b"")


async def test_head_has_no_body(files: CompressedFiles) -> None:
    headers, body = await get(files, "/a.css", "HEAD", accept_encoding="br")
    assert (headers["content-encoding"], body) == ("br", b"")
