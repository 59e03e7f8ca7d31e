"""Keys are fetched when needed, and neither forged ids nor an issuer that fails cause a stream of fetches."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

from marquee_foundation.jwks import JwksUnavailable, KeySet, http_jwks, parse_jwks, pick_key

KEY = OKPAlgorithm.to_jwk(Ed25519PrivateKey.generate().public_key(), as_dict=True)


def _document(*ids: str) -> dict[str, Any]:
    return {"keys": [{**KEY, "kid": key_id} for key_id in ids]}


class Issuer:
    """Publishes keys, and counts how often they are fetched."""

    def __init__(self, *ids: str) -> None:
        self.document = _document(*ids)
        self.error: Exception | None = None
        self.fetched = 0

    async def __call__(self) -> Mapping[str, Any]:
        self.fetched += 1
        await asyncio.sleep(0)
        if self.error is not None:
            raise self.error
        return self.document


async def test_keys_are_fetched_once_for_all_who_wait() -> None:
    issuer = Issuer("one")
    keys = KeySet(issuer, keep_seconds=60)
    found = await asyncio.gather(*[keys.key("one") for _ in range(10)])
    assert all(found)
    assert issuer.fetched == 1


async def test_a_new_key_is_fetched_when_a_token_names_it() -> None:
    issuer = Issuer("one")
    keys = KeySet(issuer, keep_seconds=math.inf, refetch_seconds=0)
    assert await keys.key("one") is not None
    issuer.document = _document("two")
    assert await keys.key("two") is not None
    assert await keys.key("one") is None


async def test_forged_ids_cause_no_fetches() -> None:
    issuer = Issuer("one")
    keys = KeySet(issuer, keep_seconds=60, refetch_seconds=60)
    assert [await keys.key(f"forged {number}") for number in range(20)] == [None] * 20
    assert issuer.fetched == 1


@pytest.mark.parametrize("error", [OSError("no connection"), ValueError("no JSON"), TimeoutError()])
async def test_without_keys_there_is_no_verdict_and_one_attempt_a_while(error: Exception) -> None:
    issuer = Issuer("one")
    issuer.error = error
    keys = KeySet(issuer, keep_seconds=60, retry_seconds=60)
    for _ in range(5):
        with pytest.raises(JwksUnavailable):
            await keys.key("one")
    assert issuer.fetched == 1


async def test_old_keys_serve_while_new_ones_cannot_be_fetched() -> None:
    issuer = Issuer("one")
    keys = KeySet(issuer, keep_seconds=0, refetch_seconds=0)
    assert await keys.key("one") is not None
    issuer.error = OSError("no connection")
    assert await keys.key("one") is not None
    assert issuer.fetched > 1


def test_only_public_signing_keys_are_read() -> None:
    document = {
        "keys": [
            {**KEY, "kid": "good"},
            {**KEY},
            {"kty": "oct", "k": "c2VjcmV0", "kid": "secret"},
            {**KEY, "kid": "encryption", "use": "enc"},
            {"kty": "RSA", "n": "x", "kid": "broken"},
            "nonsense",
        ]
    }
    assert set(parse_jwks(document)) == {"good", "#1"}
    assert parse_jwks({"keys": "nonsense"}) == parse_jwks({}) == {}


def test_a_token_without_an_id_means_the_only_key() -> None:
    one, two = parse_jwks(_document("one")), parse_jwks(_document("one", "two"))
    assert pick_key(one, None) is one["one"]
    assert pick_key(two, None) is None
    assert pick_key(two, "two") is two["two"]


@pytest.fixture
async def address() -> AsyncIterator[str]:
    async def answer(request: web.Request) -> web.Response:
        if request.path == "/list":
            return web.json_response([])
        return web.json_response(_document("one"), status=200 if request.path == "/jwks" else 503)

    app = web.Application()
    app.router.add_get("/{name}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_a_jwks_is_fetched_by_http(address: str) -> None:
    assert set(parse_jwks(await http_jwks(f"{address}/jwks")())) == {"one"}
    with pytest.raises(ConnectionError, match="503"):
        await http_jwks(f"{address}/away")()
    with pytest.raises(ValueError, match="JSON object"):
        await http_jwks(f"{address}/list")()
