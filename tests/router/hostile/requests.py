"""HTTP requests as bytes that nobody means well with, drawn by a seed. Bytes only; sends nothing."""

from __future__ import annotations

import base64
import hashlib
import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from tests.router.hostile.documents import DEEP, DOCUMENTS, HEAVY, INTROSPECTION

JSON_TYPE: Final = ("content-type", "application/json")
FINE: Final = "{ __typename }"
MOVIE: Final = "query Q($id: ID!) { movie(id: $id) { id title } }"
MOVIES: Final = "query Q($filter: MovieFilter) { movies(filter: $filter) { totalCount } }"


@dataclass(frozen=True, slots=True)
class Hostile:
    """One request: what is wrong with it, and its bytes."""

    flaw: str
    raw: bytes
    leaves_unread: bool = False
    """The server may close the connection without reading it to its end, so the answer may be lost."""


Headers = tuple[tuple[str, str], ...]


def request(
    flaw: str,
    body: bytes = b"",
    *,
    method: str = "POST",
    target: str = "/graphql",
    headers: Headers = (JSON_TYPE,),
    length: str | None = None,
    leaves_unread: bool = False,
) -> Hostile:
    """A request with the right length, unless another is given."""
    lines = [f"{method} {target} HTTP/1.1", "host: router"]
    lines += [f"{name}: {value}" for name, value in headers]
    if method != "GET" or body:
        lines.append(f"content-length: {len(body) if length is None else length}")
    head = "\r\n".join((*lines, "", "")).encode("latin-1", "replace")
    return Hostile(flaw, head + body, leaves_unread)


def graphql(query: object, **more: object) -> bytes:
    """A body with this query."""
    return json.dumps({"query": query, **more}).encode()


def _document(chance: random.Random) -> Hostile:
    light = [name for name in DOCUMENTS if name not in HEAVY]
    name = chance.choice(sorted(HEAVY) if chance.random() < 0.05 else light)
    return request(name, graphql(DOCUMENTS[name](chance)))


BODIES: Final[Mapping[str, bytes]] = {
    "no body": b"",
    "half a JSON": b'{"query": "{ __typ',
    "null": b"null",
    "a number": b"5",
    "a text": b'"text"',
    "an empty object": b"{}",
    "an empty batch": b"[]",
    "a batch of nothing": b"[null, 5, [], {}]",
    "a batch in a batch": b'[[{"query": "{ __typename }"}]]',
    "a long batch": json.dumps([{"query": FINE}] * 500).encode(),
    "a query that is a number": b'{"query": 5}',
    "a query that is an object": b'{"query": {"a": 1}}',
    "variables that are a text": b'{"query": "{ __typename }", "variables": "x"}',
    "variables that are a list": b'{"query": "{ __typename }", "variables": []}',
    "extensions that are a number": b'{"query": "{ __typename }", "extensions": 5}',
    "an operation name that is a list": b'{"query": "{ __typename }", "operationName": []}',
    "an unknown operation name": b'{"query": "query Q { __typename }", "operationName": "R"}',
    "NaN": b'{"query": "{ __typename }", "variables": {"a": NaN}}',
    "1e999": b'{"query": "{ __typename }", "variables": {"a": 1e999}}',
    "a number of 5,000 digits": b'{"query": "{ __typename }", "variables": {"a": ' + b"9" * 5_000 + b"}}",
    "bad UTF-8": b'{"query": "{ __typename \xff\xfe }"}',
    "a surrogate in UTF-8": b'{"query": "{ __typename # \xed\xa0\x80 }"}',
    "a lone surrogate": b'{"query": "{ __typename # \\ud800 }"}',
    "a lone surrogate in variables": b'{"query": "query Q($id: ID!) { movie(id: $id) { id } }",'
    b' "variables": {"id": "\\udc00"}}',
    "a NUL": b'{"query": "{ __typename \\u0000 }"}',
    "a byte order mark": b'\xef\xbb\xbf{"query": "{ __typename }"}',
    "a byte order mark in the query": b'{"query": "\\ufeff{ __typename }"}',
    "UTF-16": '{"query": "{ __typename }"}'.encode("utf-16"),
    "20,000 lists in variables": b'{"query": "{ __typename }", "variables": {"a": '
    + b"[" * DEEP + b"]" * DEEP + b"}}",
    "20,000 objects in variables": b'{"query": "{ __typename }", "variables": '
    + b'{"a":' * DEEP + b"1" + b"}" * DEEP + b"}",
    "20,000 lists": b"[" * DEEP,
    "the same key again": b'{"query": "{ __typename }", "query": "{ nothing }"}',
    "__proto__": b'{"query": "{ __typename }", "__proto__": {"admin": true}, "constructor": 1}',
    "a mutation without a name": b'{"query": "mutation { }"}',
    "a subscription by POST": b'{"query": "subscription { seatMapChanged(showtimeId: \\"x\\")'
    b' { version } }"}',
}  # fmt: skip


def _body(chance: random.Random) -> Hostile:
    name = chance.choice(list(BODIES))
    return request(name, BODIES[name])


def _truncated(chance: random.Random) -> Hostile:
    body = graphql(MOVIE, variables={"id": "mov_01J0000000000000000000000Z"})
    return request("a body cut somewhere", body[: chance.randrange(len(body))])


def _flipped(chance: random.Random) -> Hostile:
    body = bytearray(graphql(MOVIE, variables={"id": "mov_01J0000000000000000000000Z"}))
    for _ in range(chance.randrange(1, 6)):
        body[chance.randrange(len(body))] = chance.randrange(256)
    return request("flipped bytes", bytes(body))


VALUES: Final[tuple[Any, ...]] = (
    None, 5, 1.5, True, [], {}, [[]], {"a": {"b": [1]}}, "x" * 100_000, "\x00", "\ud800", -1, 2**70, 1e300,
    ["x"] * 5_000, {f"k{n}": n for n in range(2_000)}, "'; DROP TABLE movies; --", "../../etc/passwd",
    "${jndi:ldap://x}", "{{7*7}}", "%s%n%x", "\u202e",
)  # fmt: skip


def _variables(chance: random.Random) -> Hostile:
    value = chance.choice(VALUES)
    if chance.random() < 0.5:
        return request("a wrong variable", graphql(MOVIE, variables={"id": value}))
    name = chance.choice(("text", "genre", "releasedAfter", "status", "nothing"))
    return request("a wrong input", graphql(MOVIES, variables={"filter": {name: value}}))


def _content_type(chance: random.Random) -> Hostile:
    kind = chance.choice(
        (
            "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "",
            "application/graphql", "application/json; charset=utf-16", "application/json; charset=",
            "application/json;;;", "text/html", "*/*", "application/json, text/plain", "\xff", "x" * 4_000,
        )
    )  # fmt: skip
    return request("a wrong content type", graphql(FINE), headers=(("content-type", kind),))


def _multipart(chance: random.Random) -> Hostile:
    body = chance.choice(
        (
            b"", b"--x", b"--x--", b"--x\r\n\r\n",
            b"--x\r\ncontent-disposition: form-data; name=\"operations\"\r\n\r\n{\r\n--x--",
            b"--x\r\ncontent-disposition: form-data; name=\"map\"\r\n\r\n"
            b"{\"0\": [\"variables.file\"]}\r\n--x--",
            b"--x\r\n" * 5_000, b"\x00" * 10_000,
        )
    )  # fmt: skip
    headers = (("content-type", "multipart/form-data; boundary=x"), ("graphql-require-preflight", "1"))
    return request("multipart garbage", body, headers=headers)


def _accept(chance: random.Random) -> Hostile:
    accept = chance.choice(
        ("text/html", "image/png", ",,,;;;", "*/*;q=nan",
         "application/json;q=" + "9" * 5_000, "\xff\xfe",
         "multipart/mixed;deferSpec=nonsense")
    )  # fmt: skip
    return request("a wrong Accept", graphql(FINE), headers=(JSON_TYPE, ("accept", accept)))


def _b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _token(chance: random.Random) -> str:
    algorithm = chance.choice(("none", "None", "HS256", "EdDSA", "RS256", "ES256", "", 5, None, ["EdDSA"]))
    header = {"alg": algorithm, "kid": chance.choice(("", "x", "../../key", 5, None, f"k{chance.random()}"))}
    claims = {
        "iss": chance.choice(("marquee-users", "marquee-router", "x", 5, None, ["marquee-users"])),
        "aud": "marquee", "sub": "usr_admin", "scope": "users:write", "roles": ["admin"],
        "exp": chance.choice((0, 10**12, -1, "soon", None, 1e300, 10**400)),
    }  # fmt: skip
    parts = [_b64(json.dumps(part).encode()) for part in (header, claims)]
    return ".".join((*parts, _b64(chance.randbytes(chance.choice((0, 32, 64, 512))))))


def _authorization(chance: random.Random) -> Hostile:
    value = chance.choice(
        (
            f"Bearer {_token(chance)}", f"Bearer {_token(chance)}", f"Bearer {_token(chance)}", "Bearer",
            "Bearer ", "Basic YWRtaW46YWRtaW4=", "Bearer a.b.c", "Bearer ...", "Bearer " + "x" * 20_000,
            "Bearer \xff\xfe", "bearer null", "Bearer " + "e30." * 50, "",
        )
    )  # fmt: skip
    return request("a wrong token", graphql("{ me { id } }"), headers=(JSON_TYPE, ("authorization", value)))


def _headers(chance: random.Random) -> Hostile:
    identity = ("x-marquee-identity", _token(chance))
    more: Headers = chance.choice(
        (
            (JSON_TYPE, JSON_TYPE),
            (("authorization", "Bearer a"), ("authorization", "Bearer b")),
            (identity, identity, ("x-marquee-client-address", "127.0.0.1")),
            (("x-forwarded-for", ", ".join(["1.1.1.1"] * 500)),),
            (("traceparent", "00-" + "f" * 5_000), ("tracestate", "x" * 5_000)),
            (("traceparent", "zz-\xff-\xff-zz"),),
            tuple((f"x-{n}", "y") for n in range(300)),
            (("accept-encoding", "gzip;q=nan, br;q=" + "1" * 1_000),),
            (("content-encoding", "gzip"),),
            (("cookie", "a=b; " * 1_000),),
            (("x-long", "y" * 30_000),),
            (("expect", "100-continue"),),
            (("upgrade", "websocket"), ("connection", "upgrade")),
            (("upgrade", "h2c"), ("connection", "upgrade, http2-settings"), ("http2-settings", "x")),
            (("origin", "https://evil.example"), ("access-control-request-method", "POST")),
            (("x-graphql-event-stream-token", "x" * 100),),
        )
    )  # fmt: skip
    return request("odd headers", graphql(FINE), headers=(JSON_TYPE, *more), leaves_unread=True)


def _get(chance: random.Random) -> Hostile:
    query = chance.choice(
        (FINE, "mutation { joinLoyalty { errors { code } } }", "{", "subscription { a }", INTROSPECTION)
    )
    target = chance.choice(
        (
            f"/graphql?query={quote(query)}",
            f"/graphql?query={quote(query)}&variables={quote('{')}",
            f"/graphql?query={quote(query)}&variables=[]&extensions=5&operationName=&documentId=%00",
            "/graphql?query=%ff%fe", "/graphql?query=%", "/graphql?" + "query=a&" * 2_000, "/graphql?&&&===",
            "/graphql?query=" + "%7B%20me%20" * 3_000, "/graphql", "/graphql/", "//graphql", "/graphql%00",
            "/graphql/../graphql", "/graphql/assets/../../../../etc/passwd",
            "/graphql/assets/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "/" + "a" * 10_000,
            "/mailbox?x[]=" + "y" * 5_000,
            "/.well-known/jwks.json%0d%0aX: y",
        )
    )  # fmt: skip
    return request("a GET", method="GET", target=target, headers=(), leaves_unread=True)


def _method(chance: random.Random) -> Hostile:
    method = chance.choice(("PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "PROPFIND", "CONNECT"))
    return request("another method", graphql(FINE), method=method, leaves_unread=True)


def _persisted(chance: random.Random) -> Hostile:
    text = f"{{ a{chance.randrange(10**9)}: __typename }}"
    digest = hashlib.sha256(text.encode()).hexdigest()
    value: Any = chance.choice(
        (
            {"version": 1, "sha256Hash": digest}, {"version": 1, "sha256Hash": "0" * 64},
            {"version": 2, "sha256Hash": digest}, {"sha256Hash": 5}, {"version": 1}, 5, [], "x", None,
            {"version": 1, "sha256Hash": digest.upper()}, {"version": 1, "sha256Hash": "\ud800"},
            {"version": "1", "sha256Hash": "x" * 100_000},
        )
    )  # fmt: skip
    query = chance.choice((text, "{ __typename }", None, "{"))
    return request("persisted queries", graphql(query, extensions={"persistedQuery": value}))


def _batch(chance: random.Random) -> Hostile:
    entries = [
        {"query": DOCUMENTS[chance.choice(("garbage", "an unknown field", "a circle of fragments"))](chance)}
        for _ in range(chance.randrange(1, 12))
    ]
    return request("a batch", json.dumps(entries).encode())


def _raw(chance: random.Random) -> Hostile:
    raw = chance.choice(
        (
            b"\x00" * 100, b"GET\r\n\r\n", b"POST /graphql HTTP/9.9\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"POST /graphql HTTP/1.1\r\nhost: r\r\ncontent-length: -5\r\n\r\n",
            b"POST /graphql HTTP/1.1\r\nhost: r\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n{}",
            b"POST /graphql HTTP/1.1\r\nhost: r\r\ncontent-length: 5\r\n"
            b"transfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            b"POST /graphql HTTP/1.1\r\nhost: r\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
            b"POST /graphql HTTP/1.1\r\nhost: r\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
            b"POST /graphql HTTP/1.1\r\nhost: r\r\nbad header\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"GET /graphql HTTP/1.1\r\n: empty\r\n\r\n", b"GET " + b"/" * 70_000 + b" HTTP/1.1\r\n\r\n",
            b"POST /graphql HTTP/1.1\r\nhost: r\r\nx: " + b"y" * 100_000 + b"\r\n\r\n",
            chance.randbytes(300),
        )
    )  # fmt: skip
    return Hostile("no HTTP", raw, leaves_unread=True)


def _length(chance: random.Random) -> Hostile:
    length = chance.choice(("99999999", "9" * 30, "5", "1048577"))
    return request("a wrong length", graphql(FINE), length=length, leaves_unread=True)


KINDS: Final[tuple[tuple[Callable[[random.Random], Hostile], int], ...]] = (
    (_document, 30), (_body, 12), (_truncated, 6), (_flipped, 6), (_variables, 10), (_content_type, 5),
    (_multipart, 3), (_accept, 3), (_authorization, 8), (_headers, 5), (_get, 6), (_method, 3),
    (_persisted, 6),
    (_batch, 3), (_raw, 2), (_length, 1),
)  # fmt: skip


def hostile_requests(count: int, seed: int) -> Iterator[Hostile]:
    """So many requests; the same for the same seed."""
    chance = random.Random(seed)
    makers, weights = zip(*KINDS, strict=True)
    for _ in range(count):
        yield chance.choices(makers, weights)[0](chance)
