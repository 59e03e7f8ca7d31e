"""One of two subgraphs is down, slow or lying, over real sockets: the rest of the answer arrives, and nothing
is left behind."""

from __future__ import annotations

import asyncio
import gc
import gzip
import time
import tracemalloc
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marquee_router import RouterApp, create_app
from marquee_router.config import RouterConfig
from marquee_schema.composition import Subgraph, compose
from tests.router.execution.http.server import Request, Respond, Server, always, ok, serving
from tests.router.execution.test_lies import completed_again
from tests.router.transport.driving import call, post

LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"])\n'
FILMS = (
    LINK
    + """
type Query { films: [Film!] }
type Film @key(fields: "id") { id: ID! title: String! }
"""
)
REVIEWS = (
    LINK
    + """
scalar Json
enum Mood { GOOD BAD }
type Query { stars: Int top: Film echo(value: Json): Json }
type Film @key(fields: "id") {
  id: ID! score: Int strict: Int! words: [String!] by: [User!] mood: Mood extra: Json
}
type User { name: String! }
"""
)
LISTED = [
    {"__typename": "Film", "id": str(n), "key": str(n), "title": f"Film {n}", "name": f"Film {n}"}
    for n in (1, 2)
]
SECONDS = 0.2
"""How long a subgraph may take."""


@dataclass
class Running:
    """A router before an honest subgraph and another."""

    app: RouterApp
    servers: tuple[Server, Server]

    async def ask(self, query: str) -> Any:
        return (await post(self.app, query)).json


@asynccontextmanager
async def router_before(reviews: Respond, **traffic: Any) -> AsyncGenerator[Running, None]:
    """Afterwards no task, and no connection, is left."""
    before = asyncio.all_tasks()
    async with (
        serving(always(ok(orjson.dumps({"data": {"films": LISTED, "ours": LISTED}})))) as honest,
        serving(reviews) as other,
    ):
        sdl = compose(
            [Subgraph("films", honest.url, FILMS), Subgraph("reviews", other.url, REVIEWS)]
        ).supergraph_sdl
        limits = {"timeout_seconds": SECONDS, "retries": 0, "failures_to_open": 0, **traffic}
        app = create_app(
            sdl,
            config=RouterConfig.model_validate({"subgraphs": {"all": limits}, "mask_subgraph_errors": False}),
        )
        yield Running(app, (honest, other))
        await app.service.engine.aclose()
        await app._shared.transports.aclose()
        async with asyncio.timeout(5):
            await honest.idle()
            await other.idle()
    assert asyncio.all_tasks() - before == set()


def entities(*items: Any, **beside: Any) -> Respond:
    return always(ok(orjson.dumps({"data": {"_entities": list(items)}, **beside})))


async def hang(request: Request, writer: asyncio.StreamWriter) -> bool:
    await request.gone()
    return False


def then_hang(data: bytes) -> Respond:
    async def respond(request: Request, writer: asyncio.StreamWriter) -> bool:
        writer.write(data)
        await writer.drain()
        return await hang(request, writer)

    return respond


async def trickle(request: Request, writer: asyncio.StreamWriter) -> bool:
    """A byte at a time, for ever."""
    try:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.01)
    except ConnectionError:
        pass
    return False


async def endless_headers(request: Request, writer: asyncio.StreamWriter) -> bool:
    try:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while not writer.is_closing():
            writer.write(b"x-more: " + b"y" * 60_000 + b"\r\n")
            await writer.drain()
    except ConnectionError:
        pass
    return False


GOOD = [{"said": 1}, {"said": 2}]
ANSWER = orjson.dumps({"data": {"_entities": GOOD}})

USABLE: dict[str, Respond] = {
    "whole": entities(*GOOD),
    "a closed connection afterwards": always(ok(ANSWER), keep=False),
    "HTTP/1.0": always(b"HTTP/1.0 200 OK\r\n\r\n" + ANSWER, keep=False),
    "chunks of one byte": always(
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
        + b"".join(b"1\r\n%c\r\n" % byte for byte in ANSWER)
        + b"0\r\n\r\n"
    ),
    "gzip": always(ok(gzip.compress(ANSWER), "Content-Encoding: gzip")),
    "another content type": always(ok(ANSWER).replace(b"application/json", b"text/html")),
    "a status of failure": always(ok(ANSWER, status="500 Internal Server Error")),
    "more than was asked for": entities(
        {"said": 1, "title": "Film 1", "secret": [[]]}, {"said": 2, "id": "2"}, extensions={"a": 1}, more=[]
    ),
    "an early hint": always(b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + ok(ANSWER)),
}

UNREADABLE: dict[str, tuple[Respond, str]] = {
    "nothing, and the end": (always(b"", keep=False), "SUBGRAPH_UNAVAILABLE"),
    "half a status line": (always(b"HTTP/1.1 2", keep=False), "SUBGRAPH_UNAVAILABLE"),
    "half the headers": (always(b"HTTP/1.1 200 OK\r\ncontent-le", keep=False), "SUBGRAPH_UNAVAILABLE"),
    "headers without a body": (
        always(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n", keep=False),
        "SUBGRAPH_UNAVAILABLE",
    ),
    "half the body": (always(ok(ANSWER)[:-9], keep=False), "SUBGRAPH_UNAVAILABLE"),
    "half the chunks": (
        always(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{", keep=False),
        "SUBGRAPH_UNAVAILABLE",
    ),
    "no HTTP": (always(b"220 smtp.example.com ESMTP\r\n", keep=False), "SUBGRAPH_REPLY_INVALID"),
    "another protocol": (
        always(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\nxyz"),
        "SUBGRAPH_REPLY_INVALID",
    ),
    "a length that is no number": (
        always(b"HTTP/1.1 200 OK\r\ncontent-length: ten\r\n\r\n", keep=False),
        "SUBGRAPH_REPLY_INVALID",
    ),
    "silence": (hang, "SUBGRAPH_TIMEOUT"),
    "silence within the headers": (then_hang(b"HTTP/1.1 200 OK\r\nx"), "SUBGRAPH_TIMEOUT"),
    "silence within the body": (then_hang(ok(ANSWER)[:-9]), "SUBGRAPH_TIMEOUT"),
    "a trickle": (trickle, "SUBGRAPH_TIMEOUT"),
    "endless headers": (endless_headers, "SUBGRAPH_REPLY_INVALID"),
    "a huge answer": (always(ok(b" " * 300_000 + ANSWER)), "SUBGRAPH_REPLY_INVALID"),
    "little gzip that is huge": (
        always(ok(gzip.compress(b" " * 3_000_000 + ANSWER), "Content-Encoding: gzip")),
        "SUBGRAPH_REPLY_INVALID",
    ),
    "gzip that is none": (always(ok(ANSWER, "Content-Encoding: gzip")), "SUBGRAPH_REPLY_INVALID"),
    "half of gzip": (
        always(ok(gzip.compress(ANSWER)[:-12], "Content-Encoding: gzip")),
        "SUBGRAPH_REPLY_INVALID",
    ),
    "an unknown encoding": (always(ok(ANSWER, "Content-Encoding: br")), "SUBGRAPH_REPLY_INVALID"),
    "a page": (
        always(ok(b"<html>Bad gateway</html>", status="502 Bad Gateway")),
        "SUBGRAPH_REPLY_INVALID",
    ),
    "a redirect": (
        always(ok(b"", "Location: http://127.0.0.1:1/", status="302 Found")),
        "SUBGRAPH_REPLY_INVALID",
    ),
    "no content": (always(b"HTTP/1.1 204 No Content\r\n\r\n"), "SUBGRAPH_REPLY_INVALID"),
    "an empty body": (always(ok(b"")), "SUBGRAPH_REPLY_INVALID"),
    "cut-off JSON": (always(ok(ANSWER[:-2])), "SUBGRAPH_REPLY_INVALID"),
    "two answers in one": (always(ok(ANSWER + ANSWER)), "SUBGRAPH_REPLY_INVALID"),
    "a byte that is no UTF-8": (
        always(ok(b'{"data":{"_entities":[{"said":"\xff"},null]}}')),
        "SUBGRAPH_REPLY_INVALID",
    ),
    "half a surrogate": (
        always(ok(b'{"data":{"_entities":[{"said":"\\ud800"},null]}}')),
        "SUBGRAPH_REPLY_INVALID",
    ),
    "a number without end": (
        always(ok(b'{"data":{"_entities":[{"said":1e999},null]}}')),
        "SUBGRAPH_REPLY_INVALID",
    ),
    "JSON without a bottom": (
        always(ok(b'{"data":' + b"[" * 20_000 + b"]" * 20_000 + b"}")),
        "SUBGRAPH_REPLY_INVALID",
    ),
    "a list": (always(ok(b"[]")), "SUBGRAPH_REPLY_INVALID"),
    "neither data nor errors": (always(ok(b"{}")), "SUBGRAPH_REPLY_INVALID"),
    "data that is text": (always(ok(b'{"data":"x"}')), "SUBGRAPH_REPLY_INVALID"),
    "one entity of two": (entities({"said": 1}), "SUBGRAPH_REPLY_INVALID"),
    "three entities of two": (entities({"said": 1}, {}, {}), "SUBGRAPH_REPLY_INVALID"),
    "no list of entities": (
        always(ok(b'{"data":{"_entities":{"0":{"said":1}}}}')),
        "SUBGRAPH_REPLY_INVALID",
    ),
    "a failure with errors": (
        always(ok(b'{"errors":[{"message":"no"}]}', status="500 Internal Server Error")),
        "DOWNSTREAM_SERVICE_ERROR",
    ),
    "errors that are no list": (always(ok(b'{"errors":"no"}')), "DOWNSTREAM_SERVICE_ERROR"),
    "errors that are numbers": (always(ok(b'{"data":null,"errors":[7]}')), "DOWNSTREAM_SERVICE_ERROR"),
}

QUERY = "{ ours: films { key: id name: title said: score } }"


def answered(*scores: Any) -> dict[str, Any]:
    return {
        "ours": [{"key": str(n), "name": f"Film {n}", "said": score} for n, score in enumerate(scores, 1)]
    }


@pytest.mark.parametrize("name", ["a huge answer", "little gzip that is huge"])
async def test_what_is_too_large_is_not_kept(name: str) -> None:
    """Not even until the collector comes, which is seldom."""
    bound = 4_000_000
    respond = {
        "a huge answer": always(ok(b" " * bound + ANSWER)),
        "little gzip that is huge": always(
            ok(gzip.compress(b" " * 2 * bound + ANSWER), "Content-Encoding: gzip")
        ),
    }[name]
    async with router_before(respond, max_body_bytes=bound, timeout_seconds=5) as running:
        await running.ask(QUERY)
        gc.collect()
        gc.disable()
        tracemalloc.start()
        try:
            for _ in range(3):
                told = await running.ask(QUERY)
                assert told["errors"][0]["extensions"]["code"] == "SUBGRAPH_REPLY_INVALID"
            async with asyncio.timeout(5):
                while tracemalloc.get_traced_memory()[0] > bound:  # noqa: ASYNC110  # sockets close later
                    await asyncio.sleep(0.01)
        finally:
            tracemalloc.stop()
            gc.enable()


@pytest.mark.parametrize("name", USABLE)
async def test_an_answer_that_can_be_read_is_read(name: str) -> None:
    async with router_before(USABLE[name]) as running:
        assert await running.ask(QUERY) == {"data": answered(1, 2)}


@pytest.mark.parametrize("name", UNREADABLE)
async def test_what_cannot_be_read_nulls_its_own_fields_in_time(name: str) -> None:
    respond, code = UNREADABLE[name]
    async with router_before(respond, max_body_bytes=200_000) as running:
        began = time.monotonic()
        for _ in range(2):
            answer = await running.ask(QUERY)
            assert answer["data"] == answered(None, None)
            (error,) = answer["errors"]
            assert error["path"] == ["ours"]
            assert error["extensions"] == {"code": code, "serviceName": "reviews"}
        assert time.monotonic() - began < 10 * SECONDS


async def test_nobody_listens_there() -> None:
    async with router_before(entities(*GOOD)) as running:
        running.servers[1].stop()
        answer = await running.ask(QUERY)
    assert answer["data"] == answered(None, None)
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["SUBGRAPH_UNAVAILABLE"]


VALUES: dict[str, tuple[str, Any, Any, list[list[str | int]]]] = {
    "a missing field is null": ("score", {}, None, []),
    "a wrong type": ("score", {"score": "five"}, None, [["ours", 0, "score"]]),
    "too large a number": ("score", {"score": 2**31}, None, [["ours", 0, "score"]]),
    "a whole float": ("score", {"score": 5.0}, 5, []),
    "an object for a leaf": ("score", {"score": {"a": 1}}, None, [["ours", 0, "score"]]),
    "no list": ("words", {"words": "x"}, None, [["ours", 0, "words"]]),
    "a null within": ("words", {"words": ["x", None]}, None, [["ours", 0, "words", 1]]),
    "an object that lacks a field": ("by{name}", {"by": [{}]}, None, [["ours", 0, "by", 0, "name"]]),
    "no object": ("by{name}", {"by": [7]}, None, [["ours", 0, "by", 0]]),
    "an unknown value of an enum": ("mood", {"mood": "ODD"}, None, [["ours", 0, "mood"]]),
    "any value of a custom scalar": ("extra", {"extra": {"a": [1, None]}}, {"a": [1, None]}, []),
}  # fmt: skip


@pytest.mark.parametrize("name", VALUES)
async def test_a_value_that_is_not_as_promised_is_null_at_its_place(name: str) -> None:
    field, sent, value, paths = VALUES[name]
    async with router_before(entities(sent, {})) as running:
        answer = await running.ask(f"{{ ours: films {{ {field} }} }}")
    assert answer["data"] == {"ours": [{field.partition("{")[0]: each} for each in (value, None)]}
    assert [error["path"] for error in answer.get("errors", [])] == paths


async def test_a_null_that_may_not_be_goes_up_to_where_it_may() -> None:
    async with router_before(entities({"must": 1}, {"must": None})) as running:
        answer = await running.ask("{ ours: films { title must: strict } }")
    assert answer["data"] == {"ours": None}
    assert [error["path"] for error in answer["errors"]] == [["ours", 1, "must"]]


ERRORS: dict[str, tuple[Any, list[Any]]] = {
    "into an entity": (["_entities", 1, "said"], ["ours", 1, "said"]),
    "below a field": (["_entities", 1, "said", "x", 3], ["ours", 1, "said"]),
    "to an entity": (["_entities", 0], ["ours", 0]),
    "beyond the entities": (["_entities", 7, "said"], ["ours"]),
    "before the entities": (["_entities", -1, "said"], ["ours"]),
    "to a truth value": (["_entities", True], ["ours"]),
    "to another field": (["films", 0], ["ours"]),
    "to objects": ([{"a": 1}, [2]], ["ours"]),
    "to nothing": ([], ["ours"]),
    "that is no list": ("_entities", ["ours"]),
    "that is null": (None, ["ours"]),
    "of huge numbers": (["_entities", 2**63, "said", 2**64 - 1], ["ours"]),
}


@pytest.mark.parametrize("name", ERRORS)
async def test_the_path_of_an_error_leads_into_the_clients_answer(name: str) -> None:
    path, expected = ERRORS[name]
    said = {"message": "no", "path": path, "locations": "x", "extensions": {"code": "ODD"}}
    async with router_before(entities({"said": 1}, {"said": None}, errors=[said])) as running:
        answer = await running.ask(QUERY)
    assert answer["data"] == answered(1, None)
    (error,) = answer["errors"]
    assert error == {
        "message": "no",
        "path": expected,
        "extensions": {"code": "ODD", "serviceName": "reviews"},
    }


@pytest.mark.parametrize(
    "errors",
    [[7], [[]], [None], "x", {"message": "x"}, [{"message": 5}], [{"message": "x", "extensions": 7}]],
    ids=str,
)
async def test_odd_errors_are_errors(errors: Any) -> None:
    async with router_before(entities(*GOOD, errors=errors)) as running:
        answer = await running.ask(QUERY)
    assert answer["data"] == answered(1, 2)
    assert answer["errors"][0]["extensions"]["serviceName"] == "reviews"
    assert isinstance(answer["errors"][0]["message"], str)


async def test_a_value_too_deep_to_be_written_is_null_and_the_rest_arrives() -> None:
    text = b'{"a":[' * 200 + b"1" + b"]}" * 200
    body = b'{"data":{"_entities":[{"extra":' + text + b'},{"extra":1}]}}'
    async with router_before(always(ok(body))) as running:
        answer = await running.ask("{ films { title extra } }")
    assert answer["data"] == {"films": [{"title": "Film 1", "extra": None}, {"title": "Film 2", "extra": 1}]}
    assert [error["path"] for error in answer["errors"]] == [["films", 0, "extra"]]


async def test_extensions_too_deep_to_be_written_are_left_out() -> None:
    deep = b'{"a":' * 300 + b"1" + b"}" * 300
    body = ANSWER[:-1] + b',"errors":[{"message":"no","extensions":' + deep + b"}]}"
    async with router_before(always(ok(body))) as running:
        answer = await running.ask(QUERY)
    assert answer["data"] == answered(1, 2)
    assert answer["errors"][0]["extensions"] == {
        "code": "DOWNSTREAM_SERVICE_ERROR",
        "serviceName": "reviews",
    }


async def test_a_variable_too_deep_to_be_sent_is_refused() -> None:
    value = b"[" * 300 + b"]" * 300
    body = b'{"query":"query ($v: Json) { echo(value: $v) }","variables":{"v":' + value + b"}}"
    async with router_before(always(ok(b'{"data":{"echo":1}}'))) as running:
        answer = await call(running.app, headers={"content-type": "application/json"}, body=body)
    assert (answer.status, answer.code) == (200, "BAD_USER_INPUT")


async def test_a_flood_of_errors_is_told_in_part() -> None:
    body = ANSWER[:-1] + b',"errors":[' + b",".join([b"{}"] * 100_000) + b"]}"
    async with router_before(always(ok(body)), timeout_seconds=5) as running:
        answer = await running.ask(QUERY)
    assert answer["data"] == answered(1, 2)
    assert len(answer["errors"]) <= 1001
    assert answer["errors"][-1]["message"] == "99000 more errors are left out"


async def test_an_answer_that_nobody_asked_for_is_not_the_next_ones() -> None:
    async def respond(request: Request, writer: asyncio.StreamWriter) -> bool:
        writer.write(ok(ANSWER) + ok(b'{"data":{"_entities":[{"said":6},{"said":6}]}}'))
        await writer.drain()
        return True

    async with router_before(respond) as running:
        for _ in range(3):
            assert await running.ask(QUERY) == {"data": answered(1, 2)}


odd = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2**40) | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["score", "strict", "words", "by", "name", "extra", "__typename", "id", "title"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
payloads = st.fixed_dictionaries(
    {"data": st.fixed_dictionaries({"_entities": st.lists(odd, min_size=1, max_size=3), "top": odd}) | odd},
    optional={"errors": odd},
)
bodies = payloads.map(orjson.dumps) | st.binary(max_size=40) | odd.map(orjson.dumps)
heads = st.sampled_from(["200 OK", "500 Odd", "404 Not Found", "302 Found", "204 No Content"])
replies = st.builds(lambda body, status: ok(body, status=status), bodies, heads) | st.binary(max_size=60)
cuts = st.integers(0, 30)
WHOLE = (
    "{ films { id title score strict words by { name __typename } mood extra } top { id title score } stars }"
)


async def test_whatever_bytes_arrive_the_answer_is_one_of_the_operation() -> None:
    reply = [b""]

    async def respond(request: Request, writer: asyncio.StreamWriter) -> bool:
        writer.write(reply[0])
        await writer.drain()
        return False

    async with router_before(respond) as running:
        loop = asyncio.get_running_loop()

        async def check() -> None:
            answer = await post(running.app, WHOLE)
            assert answer.status == 200
            assert set(answer.json) <= {"data", "errors"}
            if answer.json["data"] is not None:
                model = running.app.supergraph.api_schema
                assert completed_again(model, WHOLE, answer.json["data"]) == answer.json["data"]
            for error in answer.json.get("errors", []):
                assert isinstance(error["message"], str)

        @given(replies, cuts)
        @settings(max_examples=150, deadline=None, database=None)
        def run(data: bytes, cut: int) -> None:
            reply[0] = data[: len(data) - cut] if cut < 15 else data
            asyncio.run_coroutine_threadsafe(check(), loop).result(20)

        await asyncio.to_thread(run)
