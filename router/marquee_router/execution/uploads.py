"""Files in requests to subgraphs, by the GraphQL multipart request specification.

Owns the encoding of such a request. The files are in memory, within the bounds of `transport.multipart`.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from marquee_router.request import UploadedFile


class MultipartBody(bytes):
    """A request body that is not JSON, with its media type."""

    content_type: str


def as_null(value: Any) -> None:
    """Encode a file in JSON variables as null, as the specification demands; raise `TypeError` for other
    values."""
    if not isinstance(value, UploadedFile):
        raise TypeError


def with_files(body: bytes, names: Iterable[str], variables: Mapping[str, Any]) -> bytes:
    """Return the request as a form with the files in its variables; unchanged if they contain none.

    `names` are the variables that the operation uses.
    """
    # By identity: a file that two variables refer to is sent once, with both paths in `map`.
    places: dict[int, tuple[UploadedFile, list[str]]] = {}
    for name in names:
        for file, place in _files(variables.get(name), f"variables.{name}"):
            places.setdefault(id(file), (file, []))[1].append(place)
    if not places:
        return body
    boundary = secrets.token_hex(16)
    pieces: list[bytes] = []
    listed = {str(number): paths for number, (_, paths) in enumerate(places.values())}
    _field(pieces, boundary, "operations", body)
    _field(pieces, boundary, "map", orjson.dumps(listed))
    for number, (file, _) in enumerate(places.values()):
        disposition = f'form-data; name="{number}"; filename="{_quoted(file.name)}"'
        head = (
            f"--{boundary}\r\ncontent-disposition: {disposition}\r\ncontent-type: {file.content_type}\r\n\r\n"
        )
        pieces += (head.encode(), file.content, b"\r\n")
    pieces.append(f"--{boundary}--\r\n".encode())
    whole = MultipartBody(b"".join(pieces))
    whole.content_type = f"multipart/form-data; boundary={boundary}"
    return whole


def _field(pieces: list[bytes], boundary: str, name: str, value: bytes) -> None:
    pieces += (
        f'--{boundary}\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n'.encode(),
        value,
        b"\r\n",
    )


def _quoted(name: str) -> str:
    """Escape a file name as browsers do: a quote or a line break in it must not end the parameter."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _files(value: Any, place: str) -> Iterator[tuple[UploadedFile, str]]:
    if isinstance(value, UploadedFile):
        yield value, place
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _files(item, f"{place}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _files(item, f"{place}.{index}")
