"""What GraphQL over HTTP promises, request by request."""

from __future__ import annotations

import asyncio
import gzip
from urllib.parse import urlencode

import brotli
import orjson
import pytest

from marquee_router.transport.errors import BodyTimeout
from marquee_router.transport.http.request_body import read_body
from tests.router.transport.driving import call, post
from tests.router.transport.fake import fake_app

RESPONSE_JSON = {"accept": "application/graphql-response+json"}
JSON = {"content-type": "application/json"}


async def test_a_query_is_answered_as_json() -> None:
    app, _ = fake_app()
    answer = await post(app, "query ($n: String!) { hello(name: $n) }", {"n": "Ada"})
    assert (answer.status, answer.json) == (200, {"data": {"hello": "hello Ada"}})
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("application/graphql-response+json", "application/graphql-response+json; charset=utf-8"),
        ("application/json", "application/json; charset=utf-8"),
        ("*/*", "application/json; charset=utf-8"),
        (
            "application/json;q=0.5, application/graphql-response+json",
            "application/graphql-response+json; charset=utf-8",
        ),
        ("application/json, application/graphql-response+json;q=0.9", "application/json; charset=utf-8"),
        ("text/html;q=0.1, application/json", "application/json; charset=utf-8"),
    ],
)
async def test_the_answer_has_the_type_the_client_prefers(accept: str, content_type: str) -> None:
    app, _ = fake_app()
    answer = await post(app, "{ hello }", headers={"accept": accept})
    assert (answer.status, answer.headers["content-type"]) == (200, content_type)


@pytest.mark.parametrize("accept", ["image/png", "application/json;q=0", "application/json; charset=latin-1"])
async def test_a_type_that_is_not_spoken_is_406(accept: str) -> None:
    app, _ = fake_app()
    answer = await post(app, "{ hello }", headers={"accept": accept})
    assert (answer.status, answer.code) == (406, "NOT_ACCEPTABLE")


@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        ("{", None, "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("query ($n: Int!) { big(size: $n) }", {"n": "x"}, "BAD_USER_INPUT"),
    ],
)
async def test_a_refused_document_is_400_only_under_the_response_type(
    query: str, variables: dict[str, object] | None, code: str
) -> None:
    app, _ = fake_app()
    strict = await post(app, query, variables, headers=RESPONSE_JSON)
    assert (strict.status, strict.code) == (400, code)
    assert "data" not in strict.json
    lenient = await post(app, query, variables)
    assert (lenient.status, lenient.code) == (200, code)


async def test_a_field_error_is_200_with_data() -> None:
    app, _ = fake_app()
    answer = await post(app, "{ fail hello }", headers=RESPONSE_JSON)
    assert answer.status == 200
    assert answer.json["data"] == {"fail": None, "hello": "hello world"}
    assert answer.json["errors"][0]["message"] == "no luck"


async def test_a_fault_is_500_and_masked(caplog: pytest.LogCaptureFixture) -> None:
    app, _ = fake_app()
    answer = await post(app, "{ fault }")
    assert (answer.status, answer.code) == (500, "INTERNAL_SERVER_ERROR")
    assert b"secret" not in answer.body
    assert "a request failed" in caplog.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"query": "\xff"}',
        b'"{ hello }"',
        b"[]",
        b"{}",
        b'{"query": ["x"]}',
        b'{"query": "{ hello }", "variables": [1]}',
        b'{"query": "{ hello }", "operationName": 1}',
        b'{"query": "{ hello }", "extensions": "x"}',
        b'{"documentId": 1}',
        b"[" * 100_000,
    ],
)
async def test_a_malformed_body_is_400(body: bytes) -> None:
    app, _ = fake_app()
    answer = await call(app, headers=JSON, body=body)
    assert (answer.status, answer.code) == (400, "MALFORMED_REQUEST")


async def test_null_parameters_are_as_good_as_none() -> None:
    app, _ = fake_app()
    answer = await post(app, "{ hello }", operationName=None, variables=None, extensions=None)
    assert answer.json == {"data": {"hello": "hello world"}}


async def test_get_runs_queries_with_json_in_the_parameters() -> None:
    app, _ = fake_app()
    parameters = urlencode({"query": "query ($n: String!) { hello(name: $n) }", "variables": '{"n": "Eva"}'})
    answer = await call(app, "GET", query_string=parameters)
    assert (answer.status, answer.json) == (200, {"data": {"hello": "hello Eva"}})


async def test_get_never_runs_a_mutation() -> None:
    app, engine = fake_app()
    answer = await call(app, "GET", query_string=urlencode({"query": "mutation { add(value: 1) }"}))
    assert (answer.status, answer.code, answer.headers["allow"]) == (405, "METHOD_NOT_ALLOWED", "POST")
    assert engine.total == 0


@pytest.mark.parametrize(
    "query_string", ["", "query=%ff", "query={hello}&variables={", "&".join(["a=1"] * 100)]
)
async def test_a_malformed_url_is_400(query_string: str) -> None:
    app, _ = fake_app()
    assert (await call(app, "GET", query_string=query_string)).status == 400


async def test_other_methods_are_405() -> None:
    app, _ = fake_app()
    answer = await call(app, "PATCH")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, POST")


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
async def test_a_post_that_needs_no_preflight_is_refused(content_type: str) -> None:
    app, engine = fake_app()
    headers = {"content-type": content_type} if content_type else {}
    answer = await call(app, headers=headers, body=b'{"query": "mutation { add(value: 1) }"}')
    assert (answer.status, answer.code) == (400, "CSRF_PREVENTION")
    assert engine.total == 0


@pytest.mark.parametrize("content_type", ["application/xml", "application/json; charset=utf-16"])
async def test_another_media_type_or_charset_is_415(content_type: str) -> None:
    app, _ = fake_app()
    answer = await call(app, headers={"content-type": content_type}, body=b'{"query": "{ hello }"}')
    assert (answer.status, answer.code) == (415, "UNSUPPORTED_MEDIA_TYPE")


async def test_a_body_in_gzip_is_read() -> None:
    app, _ = fake_app()
    packed = gzip.compress(b'{"query": "{ hello }"}')
    answer = await call(app, headers={**JSON, "content-encoding": "gzip"}, body=[packed[:9], packed[9:]])
    assert answer.json == {"data": {"hello": "hello world"}}


async def test_a_body_in_another_coding_is_415() -> None:
    app, _ = fake_app()
    answer = await call(app, headers={**JSON, "content-encoding": "br"}, body=b"{}")
    assert (answer.status, answer.code) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert answer.headers["accept-encoding"] == "gzip, identity"


@pytest.mark.parametrize("size", [10_001, 50_000_000])
async def test_a_body_that_is_too_large_once_it_is_unpacked_is_413(size: int) -> None:
    app, _ = fake_app({"http": {"max_body_bytes": 10_000}})
    packed = gzip.compress(b" " * size, 9)[: 10_000 if size > 10_001 else None]
    answer = await call(app, headers={**JSON, "content-encoding": "gzip"}, body=packed)
    assert (answer.status, answer.code) == (413, "PAYLOAD_TOO_LARGE")


async def test_a_body_of_the_largest_size_is_read_from_gzip() -> None:
    app, _ = fake_app({"http": {"max_body_bytes": 10_000}})
    packed = gzip.compress(b'{"query": "{ hello }"}'.ljust(10_000))
    answer = await call(app, headers={**JSON, "content-encoding": "gzip"}, body=packed)
    assert answer.status == 200


@pytest.mark.parametrize("body", [b"{}", gzip.compress(b"{}")[:-3], gzip.compress(b"{}") + b"more", b""])
async def test_a_body_that_is_no_gzip_is_400(body: bytes) -> None:
    app, _ = fake_app()
    answer = await call(app, headers={**JSON, "content-encoding": "gzip"}, body=body or [b""])
    assert (answer.status, answer.code) == (400, "MALFORMED_REQUEST")


async def test_a_large_body_is_413_whether_announced_or_not() -> None:
    app, _ = fake_app({"http": {"max_body_bytes": 100}})
    announced = await call(app, headers={**JSON, "content-length": "101"})
    assert (announced.status, announced.code) == (413, "PAYLOAD_TOO_LARGE")
    sent = await call(app, headers=JSON, body=[b"x" * 60, b"x" * 60])
    assert (sent.status, sent.code) == (413, "PAYLOAD_TOO_LARGE")


async def test_a_body_may_come_in_pieces() -> None:
    app, _ = fake_app()
    answer = await call(app, headers=JSON, body=[b'{"query": ', b'"{ hello }"', b"}"])
    assert answer.json == {"data": {"hello": "hello world"}}


async def test_a_slow_body_is_given_up() -> None:
    async def receive() -> dict[str, object]:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(BodyTimeout):
        await read_body(receive, {}, max_bytes=10, timeout_seconds=0.001)


async def test_a_slow_body_is_408() -> None:
    app, _ = fake_app({"http": {"body_timeout_seconds": 0.001}})
    sent: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: object) -> None:
        assert isinstance(message, dict)
        sent.append(message)

    headers = [(b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": headers}
    await app(scope, receive, send)
    assert sent[0]["status"] == 408


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br", "br"),
        ("br;q=0.5, gzip;q=0.8", "gzip"),
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("*", "br"),
        ("*, br;q=0", "gzip"),
        ("identity, gzip;q=0.5", None),
        ("identity;q=0.5, gzip", "gzip"),
        ("gzip;q=0, br;q=0", None),
        ("gzip;q=nan", None),
        ("deflate", None),
        ("", None),
    ],
)
async def test_large_answers_are_packed_as_the_client_likes_it(accepted: str, coding: str | None) -> None:
    app, _ = fake_app()
    plain = await post(app, "{ big(size: 500) }")
    assert "content-encoding" not in plain.headers
    assert "accept-encoding" in plain.headers["vary"]
    packed = await post(app, "{ big(size: 500) }", headers={"accept-encoding": accepted})
    assert packed.headers.get("content-encoding") == coding
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[coding]
    assert unpack(packed.body) == plain.body
    assert coding is None or len(packed.body) < len(plain.body) / 3


async def test_an_answer_that_is_packed_on_a_thread_is_the_same() -> None:
    app, _ = fake_app()
    packed = await post(app, "{ big(size: 20000) }", headers={"accept-encoding": "br"})
    assert len(orjson.loads(brotli.decompress(packed.body))["data"]["big"]) == 20_000


async def test_small_answers_are_not_packed() -> None:
    app, _ = fake_app()
    small = await post(app, "{ hello }", headers={"accept-encoding": "gzip, br"})
    assert "content-encoding" not in small.headers


async def test_a_batch_is_answered_in_order_each_for_itself() -> None:
    app, _ = fake_app()
    operations = [{"query": "{ hello }"}, {"query": "{"}, {"query": '{ hello(name: "B") }'}]
    answer = await call(app, headers=JSON, body=orjson.dumps(operations))
    assert answer.status == 200
    first, second, third = answer.json
    assert first == {"data": {"hello": "hello world"}}
    assert second["errors"][0]["extensions"]["code"] == "GRAPHQL_PARSE_FAILED"
    assert third == {"data": {"hello": "hello B"}}


@pytest.mark.parametrize(
    "settings", [{"http": {"batching": {"limit": 1}}}, {"http": {"batching": {"enabled": False}}}]
)
async def test_a_batch_over_the_limit_runs_nothing(settings: dict[str, object]) -> None:
    app, engine = fake_app(settings)
    operations = [{"query": "mutation { add(value: 1) }"}] * 2
    answer = await call(app, headers=JSON, body=orjson.dumps(operations))
    assert (answer.status, answer.code, engine.total) == (400, "MALFORMED_REQUEST", 0)


async def test_a_subscription_needs_a_stream() -> None:
    app, engine = fake_app()
    answer = await post(app, "subscription { count(to: 1) }")
    assert (answer.status, answer.code) == (406, "NOT_ACCEPTABLE")
    assert engine.streams == 0
