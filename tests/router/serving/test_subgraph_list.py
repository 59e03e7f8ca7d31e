"""Running subgraphs are asked for their SDL; a wrong answer becomes a readable message."""

from __future__ import annotations

import pytest

from marquee_router.serving.subgraph_list import GraphError, Source, load_subgraphs
from tests.router.execution.http.server import always, ok, serving

SDL = b'{"data":{"_service":{"sdl":"type Query { a: Int }"}}}'


def running(url: str) -> list[Source]:
    return [Source("films", url, introspect=url)]


async def test_a_running_subgraph_tells_its_schema() -> None:
    async with serving(always(ok(SDL))) as server:
        [subgraph] = await load_subgraphs(running(server.url))
    assert (subgraph.name, subgraph.sdl) == ("films", "type Query { a: Int }")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (
            ok(b'{"errors":[{"message":"no _service"}]}', status="400 Bad Request"),
            "(HTTP 400, application/json: no _service)",
        ),
        (
            b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>",
            "(HTTP 200, text/html: no JSON object)",
        ),
        (ok(b'{"data":null}'), "(HTTP 200, application/json: no schema)"),
        (ok(b"[1]"), "(HTTP 200, application/json: no JSON object)"),
    ],
)
async def test_one_that_is_no_subgraph_is_told_by_what_it_says(answer: bytes, told: str) -> None:
    async with serving(always(answer)) as server:
        with pytest.raises(GraphError) as refused:
            await load_subgraphs(running(server.url))
    expected = f"subgraph films: {server.url} does not answer `query {{ _service {{ sdl }} }}`"
    assert str(refused.value) == f"{expected} as a subgraph does {told}"


async def test_one_that_is_away_is_told_so() -> None:
    with pytest.raises(GraphError, match=r"http://127\.0\.0\.1:1/ cannot be reached: Connection refused$"):
        await load_subgraphs(running("http://127.0.0.1:1/"))
