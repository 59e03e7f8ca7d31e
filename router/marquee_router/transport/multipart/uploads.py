"""Reads requests with files (https://github.com/jaydenseric/graphql-multipart-request-spec) within bounds.

    operations: {"query": "mutation($file: Upload!) { … }", "variables": {"file": null}}
    map:        {"0": ["variables.file"]}
    0:          the file

Owns the order of the form: `operations`, then `map`, then the files that it names. Must never hold more
than the settings allow, for one request and for all running ones.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.types import Receive

from marquee_router.config.model import Uploads
from marquee_router.request import UploadedFile
from marquee_router.transport.errors import (
    BodyTimeout,
    BodyTooLarge,
    TooManyUploads,
    UnsupportedMediaType,
    UploadInvalid,
)
from marquee_router.transport.http.request_body import ClientGone

LARGEST_HEADERS = 4096
_UNKNOWN_TYPE = "application/octet-stream"


@dataclass(slots=True)
class _Part:
    """One part of the form, as far as it has arrived."""

    name: str = ""
    file_name: str | None = None
    content_type: str = _UNKNOWN_TYPE
    content: bytearray = field(default_factory=bytearray)


class UploadReader:
    """Reads the forms of all requests of this process, and counts the bytes that they hold."""

    def __init__(self, settings: Uploads, max_operations_bytes: int) -> None:
        self._settings = settings
        self._max_operations_bytes = max_operations_bytes
        self._held = 0

    async def read(self, receive: Receive, headers: Mapping[str, str]) -> tuple[Any, int]:
        """Return the decoded `operations` with the files in their places, and the number of bytes held.

        The bytes count until `release` is called with that number. Raises `UploadInvalid`, `BodyTooLarge`,
        `BodyTimeout`, `TooManyUploads` or `ClientGone`.
        """
        if headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise UnsupportedMediaType("Forms with files are read as they are")
        form = _Form(self._settings, self._max_operations_bytes, _boundary(headers))
        taken, more = 0, True
        try:
            async with asyncio.timeout(self._settings.timeout_seconds):
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise ClientGone
                    piece: bytes = message.get("body", b"")
                    more = message.get("more_body", False)
                    # Counted before it is kept: many clients together must not exceed the bound either.
                    if self._held + len(piece) > self._settings.max_bytes_at_once:
                        raise TooManyUploads("Too many files are under way", headers={"retry-after": "1"})
                    self._held += len(piece)
                    taken += len(piece)
                    form.feed(piece)
            return form.operations(), taken
        except TimeoutError:
            self.release(taken)
            raise BodyTimeout(
                "The files were not complete in time", headers={"connection": "close"}
            ) from None
        except BaseException as error:
            self.release(taken)
            if more and isinstance(error, BodyTooLarge):
                error.leave_unread()
            raise

    def release(self, taken: int) -> None:
        """Stop counting the bytes of a request."""
        self._held -= taken


def _boundary(headers: Mapping[str, str]) -> bytes:
    _, parameters = parse_options_header(headers.get("content-type", ""))
    boundary = parameters.get(b"boundary", b"")
    if not boundary or len(boundary) > 70:
        raise UploadInvalid("The form has no boundary")
    return boundary


class _Form:
    """Collects the parts of one form."""

    def __init__(self, settings: Uploads, max_operations_bytes: int, boundary: bytes) -> None:
        self._settings = settings
        self._max_operations_bytes = max_operations_bytes
        self._part = _Part()
        self._header: tuple[bytearray, bytearray] = (bytearray(), bytearray())
        self._header_bytes = 0
        self._texts: dict[str, bytes] = {}
        self._files: dict[str, UploadedFile] = {}
        self._ended = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": lambda data, start, end: self._head(0, data[start:end]),
                "on_header_value": lambda data, start, end: self._head(1, data[start:end]),
                "on_header_end": self._end_header,
                "on_part_data": lambda data, start, end: self._fill(data[start:end]),
                "on_part_end": self._end,
                "on_end": self._end_form,
            },
        )

    def feed(self, piece: bytes) -> None:
        """Parse a piece of the body; raises `UploadInvalid` or `BodyTooLarge`."""
        try:
            self._parser.write(piece)
        except MultipartParseError:
            raise UploadInvalid("The form cannot be read") from None

    def operations(self) -> Any:
        """The decoded `operations` with the files in their places; raises `UploadInvalid`."""
        if not self._ended:
            raise UploadInvalid("The form is not complete")
        value, places = self._json("operations"), self._json("map")
        if type(places) is not dict:
            raise UploadInvalid("`map` must be an object")
        for name, paths in places.items():
            file = self._files.get(name)
            if file is None:
                raise UploadInvalid(f"The file {name!r} of `map` is missing")
            if type(paths) is not list or not all(type(path) is str for path in paths):
                raise UploadInvalid("`map` must name lists of paths")
            for path in paths:
                _put(value, path.split("."), file)
        return value

    def _json(self, name: str) -> Any:
        try:
            return orjson.loads(self._texts[name])
        except KeyError:
            raise UploadInvalid(f"The form has no `{name}`") from None
        except orjson.JSONDecodeError:
            raise UploadInvalid(f"`{name}` is not JSON") from None

    def _begin(self) -> None:
        self._part = _Part()
        self._header_bytes = 0

    def _head(self, side: int, data: bytes) -> None:
        self._header[side].extend(data)
        self._header_bytes += len(data)
        if self._header_bytes > LARGEST_HEADERS:
            raise UploadInvalid("The headers of a part are too large")

    def _end_header(self) -> None:
        name, value = (bytes(part) for part in self._header)
        self._header = (bytearray(), bytearray())
        if name.lower() == b"content-disposition":
            _, parameters = parse_options_header(value)
            self._part.name = parameters.get(b"name", b"").decode("utf-8", "replace")
            if b"filename" in parameters:
                self._part.file_name = parameters[b"filename"].decode("utf-8", "replace")
            self._check_order()
        elif name.lower() == b"content-type":
            text = value.decode("latin-1")
            self._part.content_type = text if text.isascii() and text.isprintable() else _UNKNOWN_TYPE

    def _check_order(self) -> None:
        name = self._part.name
        expected = ("operations", "map")[len(self._texts) :][:1]
        if expected and name != expected[0]:
            raise UploadInvalid(f"The form must go on with `{expected[0]}`")
        if not expected and len(self._files) >= self._settings.max_files:
            raise BodyTooLarge(f"A request has at most {self._settings.max_files} files")

    def _fill(self, data: bytes) -> None:
        # The first two parts are `operations` and `map`; every further part is a file.
        text = len(self._texts) < 2
        limit = self._max_operations_bytes if text else self._settings.max_file_bytes
        if len(self._part.content) + len(data) > limit:
            what = f"`{self._part.name}`" if text else "A file"
            raise BodyTooLarge(f"{what} has more than {limit} bytes")
        self._part.content += data

    def _end(self) -> None:
        part = self._part
        if not part.name:
            raise UploadInvalid("A part of the form has no name")
        if len(self._texts) < 2:
            self._texts[part.name] = bytes(part.content)
        elif part.name in self._files:
            raise UploadInvalid(f"The file {part.name!r} is there twice")
        else:
            name = part.file_name if part.file_name is not None else part.name
            self._files[part.name] = UploadedFile(name, part.content_type, bytes(part.content))

    def _end_form(self) -> None:
        self._ended = True


def _put(value: Any, path: list[str], file: UploadedFile) -> None:
    """Put the file where `operations` has a null for it. Only inside `variables`: nothing else takes a
    file."""
    at = path[1:] if isinstance(value, list) else path
    if len(at) < 2 or at[0] != "variables":
        raise UploadInvalid(f"A file cannot stand at {'.'.join(path)!r}")
    try:
        for key in path[:-1]:
            value = value[_key(value, key)]
        last = _key(value, path[-1])
        if value[last] is not None:
            raise UploadInvalid(f"There is no null for a file at {'.'.join(path)!r}")
        value[last] = file
    except (KeyError, IndexError, TypeError, ValueError):
        raise UploadInvalid(f"There is no place for a file at {'.'.join(path)!r}") from None


def _key(value: Any, key: str) -> str | int:
    if isinstance(value, list):
        if not key.isascii() or not key.isdigit():
            raise ValueError(key)
        return int(key)
    return key
