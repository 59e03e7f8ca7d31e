"""Files go through to the subgraph that takes them, within bounds; a real client and a real subgraph."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
import strawberry
from strawberry.asgi import GraphQL
from strawberry.federation import Schema
from strawberry.file_uploads import Upload

from marquee_router import RouterApp, create_app
from marquee_router.config import RouterConfig
from marquee_router.execution.in_process import InProcessTransport
from marquee_schema.composition import Subgraph, compose
from tests import npm
from tests.router.transport.driving import Answer, call, post
from tests.router.transport.serving import served

SOURCES = Path(__file__).parents[1] / "clients"
PREFLIGHT = {"graphql-require-preflight": "1"}
STORE = "mutation ($files: [Upload!]!) { store(files: $files) }"


@strawberry.input
class Note:
    """A file inside an input object."""

    title: str
    file: Upload | None = None


READ: list[Any] = []
"""The files that a request has read: Strawberry closes none."""


async def _told(file: Any) -> str:
    READ.append(file)
    await file.seek(0)
    return f"{file.filename} {file.content_type} {(await file.read()).decode()}"


@strawberry.type
class Query:
    """Reads."""

    @strawberry.field
    def hello(self) -> str:
        """Takes nothing."""
        return "hello"

    @strawberry.field
    async def measure(self, file: Upload) -> int:
        """The size of a file."""
        READ.append(file)
        content: bytes = await file.read()  # type: ignore[attr-defined]  # strawberry does not say what it is
        return len(content)


@strawberry.type
class Mutation:
    """Takes files."""

    @strawberry.mutation
    async def store(self, files: list[Upload]) -> list[str]:
        """Say what was sent."""
        return [await _told(file) for file in files]

    @strawberry.mutation
    async def attach(self, note: Note) -> str:
        """Say what was sent."""
        return f"{note.title}: {await _told(note.file) if note.file else None}"


SCHEMA = Schema(query=Query, mutation=Mutation, federation_version="2.7")
OTHER = "type Query { other: String }"


def subgraph() -> Any:
    """A subgraph that closes the files it was sent."""
    inner = GraphQL[Any, Any](SCHEMA, multipart_uploads_enabled=True)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await inner(scope, receive, send)
        while READ:
            await READ.pop().close()

    return app


def app_over(settings: Mapping[str, Any] | None = None, url: str | None = None) -> RouterApp:
    supergraph = compose(
        [
            Subgraph(name="files", url=url or "http://files.test", sdl=SCHEMA.as_str()),
            Subgraph(name="other", url="http://other.test", sdl=OTHER),
        ]
    ).supergraph_sdl
    transports = {} if url else {"files": InProcessTransport(subgraph())}
    uploads = {"enabled": True, **(settings or {})}
    return create_app(
        supergraph,
        transports,
        RouterConfig.model_validate({"http": {"uploads": uploads}, "mask_subgraph_errors": False}),
    )


def form(operations: Any, places: Any, files: Sequence[tuple[str, str, str, bytes]]) -> bytes:
    """The body of a request with files: name, file name, type, content."""
    fields = [("operations", orjson.dumps(operations)), ("map", orjson.dumps(places))]
    parts = [f'content-disposition: form-data; name="{n}"\r\n\r\n'.encode() + value for n, value in fields]
    for name, file_name, type_, content in files:
        head = f'content-disposition: form-data; name="{name}"; filename="{file_name}"\r\n'
        parts.append(f"{head}content-type: {type_}\r\n\r\n".encode() + content)
    return b"".join(b"--X\r\n" + part + b"\r\n" for part in parts) + b"--X--\r\n"


async def send(app: RouterApp, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
    """Send a form in pieces of odd sizes."""
    pieces = [body[at : at + 13] for at in range(0, len(body), 13)] or [b""]
    sent = {"content-type": "multipart/form-data; boundary=X", **(PREFLIGHT if headers is None else headers)}
    return await call(app, headers=sent, body=pieces)


def two(first: bytes = b"one", second: bytes = b"two") -> bytes:
    return form(
        {"query": STORE, "variables": {"files": [None, None]}},
        {"a": ["variables.files.0"], "b": ["variables.files.1"]},
        [("a", "a.txt", "text/plain", first), ("b", "b\xe9.bin", "image/png", second)],
    )


async def test_files_arrive_with_names_and_types() -> None:
    answer = await send(app_over(), two())
    assert answer.json == {"data": {"store": ["a.txt text/plain one", "b\xe9.bin image/png two"]}}


async def test_one_file_may_stand_in_two_places() -> None:
    query = "mutation ($note: Note!, $files: [Upload!]!) { attach(note: $note) store(files: $files) }"
    body = form(
        {"query": query, "variables": {"note": {"title": "n", "file": None}, "files": [None]}},
        {"0": ["variables.note.file", "variables.files.0"]},
        [("0", "a.txt", "text/plain", b"same")],
    )
    answer = await send(app_over(), body)
    told = "a.txt text/plain same"
    assert answer.json == {"data": {"attach": f"n: {told}", "store": [told]}}


async def test_a_query_may_take_a_file() -> None:
    body = form(
        {"query": "query ($file: Upload!) { measure(file: $file) hello }", "variables": {"file": None}},
        {"0": ["variables.file"]},
        [("0", "a", "text/plain", b"x" * 3000)],
    )
    assert (await send(app_over(), body)).json == {"data": {"measure": 3000, "hello": "hello"}}


async def test_a_batch_may_have_files() -> None:
    operation = {"query": STORE, "variables": {"files": [None]}}
    body = form(
        [operation, {"query": "{ hello }"}], {"0": ["0.variables.files.0"]}, [("0", "a", "text/plain", b"x")]
    )
    assert (await send(app_over(), body)).json == [
        {"data": {"store": ["a text/plain x"]}},
        {"data": {"hello": "hello"}},
    ]


async def test_operations_without_files_are_as_ever() -> None:
    assert (await post(app_over(), "{ hello }")).json == {"data": {"hello": "hello"}}


async def test_a_form_of_another_site_is_refused() -> None:
    answer = await send(app_over(), two(), headers={})
    assert (answer.status, answer.code) == (400, "CSRF_PREVENTION")


async def test_forms_are_refused_unless_they_are_enabled() -> None:
    answer = await send(app_over({"enabled": False}), two())
    assert (answer.status, answer.code) == (400, "CSRF_PREVENTION")


@pytest.mark.parametrize(
    ("settings", "status", "code"),
    [
        ({"max_file_bytes": 2}, 413, "PAYLOAD_TOO_LARGE"),
        ({"max_files": 1}, 413, "PAYLOAD_TOO_LARGE"),
        ({"max_bytes_at_once": 100}, 503, "TOO_MANY_UPLOADS"),
    ],
)
async def test_what_is_too_much_is_refused(settings: dict[str, int], status: int, code: str) -> None:
    answer = await send(app_over(settings), two())
    assert (answer.status, answer.code) == (status, code)


async def test_what_was_held_is_given_back() -> None:
    app = app_over({"max_bytes_at_once": len(two()) + 10})
    for _ in range(2):
        assert (await send(app, two())).status == 200
        assert (await send(app, two()[:-20])).code == "UPLOAD_INVALID"


OPERATION = {"query": STORE, "variables": {"files": [None]}}
FILE = [("0", "a", "text/plain", b"x")]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--X--\r\n",
        b"nonsense",
        form(OPERATION, {"0": ["variables.files.0"]}, []),
        form(OPERATION, {"0": ["variables.files.7"]}, FILE),
        form(OPERATION, {"0": ["variables.other.x"]}, FILE),
        form(OPERATION, {"0": ["query"]}, FILE),
        form(OPERATION, {"0": ["variables"]}, FILE),
        form(OPERATION, {"0": "variables.files.0"}, FILE),
        form(OPERATION, ["variables.files.0"], FILE),
        form({**OPERATION, "variables": {"files": ["s"]}}, {"0": ["variables.files.0"]}, FILE),
        form(OPERATION, {"0": ["variables.files.0"]}, FILE * 2),
        form(OPERATION, {}, FILE).replace(b'"operations"', b'"other"', 1),
        form(OPERATION, {"0": ["variables.files.0"]}, FILE).replace(b'{"0"', b"{0"),
    ],
)
async def test_a_broken_form_is_refused_clearly(body: bytes) -> None:
    answer = await send(app_over(), body)
    assert (answer.status, answer.code) == (400, "UPLOAD_INVALID")


async def test_a_file_is_no_string() -> None:
    body = form(
        {"query": "mutation ($t: String!) { attach(note: {title: $t}) }", "variables": {"t": None}},
        {"0": ["variables.t"]},
        FILE,
    )
    assert (await send(app_over(), body)).code == "BAD_USER_INPUT"


async def test_a_client_sends_files_over_http_to_a_subgraph_over_http() -> None:
    if not npm.is_available():
        pytest.skip(npm.MISSING)
    folder = npm.installed(SOURCES)
    async with served(_Plain(subgraph())) as behind, served(app_over(url=f"{behind}/graphql")) as url:
        process = await asyncio.create_subprocess_exec(
            *("node", "upload.mjs", f"{url}/graphql"), cwd=folder, stdout=asyncio.subprocess.PIPE
        )
        output, _ = await process.communicate()
    assert orjson.loads(output) == {
        "data": {
            "store": ["one.txt text/plain one", "two.txt text/plain two"],
            "attach": "n: one.txt text/plain one",
        }
    }


class _Plain:
    """An app without a life of its own."""

    def __init__(self, app: Any) -> None:
        self._app = app

    def begin_drain(self) -> None:
        """There is nothing to end."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
