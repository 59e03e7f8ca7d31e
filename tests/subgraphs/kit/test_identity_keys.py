"""Where the router's public keys come from."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from marquee_foundation.ed25519 import key_id
from marquee_subgraphs.kit.identity_keys import FixedKeys, RemoteKeys, UnknownKey, open_keys
from marquee_subgraphs.users.service.tokens import AccessTokens

FIRST, SECOND = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()


def _jwks(*keys: Ed25519PrivateKey) -> dict[str, Any]:
    return AccessTokens(keys).jwks


class Router:
    """A JWKS address."""

    def __init__(self) -> None:
        self.keys = _jwks(FIRST)
        self.asked = 0
        self.status = 200
        self.url = ""

    async def answer(self, _: web.Request) -> web.Response:
        self.asked += 1
        return web.json_response(self.keys, status=self.status)


@pytest.fixture
async def router() -> AsyncIterator[Router]:
    router = Router()
    app = web.Application()
    app.router.add_get("/jwks", router.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    router.url = f"http://127.0.0.1:{runner.addresses[0][1]}/jwks"
    yield router
    await runner.cleanup()


async def test_a_jwks_file_and_a_pem_file_are_read(tmp_path: Path) -> None:
    jwks, pem = tmp_path / "keys.json", tmp_path / "key.pem"
    jwks.write_bytes(orjson.dumps(_jwks(FIRST, SECOND)))
    pem.write_bytes(FIRST.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    second = await open_keys(str(jwks)).find(key_id(SECOND.public_key()))
    assert key_id(second) == key_id(SECOND.public_key())
    for named in (None, "whatever"):
        assert key_id(await open_keys(str(pem)).find(named)) == key_id(FIRST.public_key())
    with pytest.raises(UnknownKey):
        await open_keys(str(jwks)).find(None)


def test_a_file_without_a_usable_key_is_named(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_text('{"keys": [{"kty": "RSA", "n": "x", "e": "AQAB"}]}')
    with pytest.raises(ValueError, match=r"keys\.json holds no Ed25519 key"):
        open_keys(str(path))
    with pytest.raises(FileNotFoundError):
        open_keys(str(tmp_path / "nothing"))


async def test_remote_keys_are_fetched_once_and_again_for_a_key_unknown(router: Router) -> None:
    keys = open_keys(router.url)
    for _ in range(3):
        await keys.find(key_id(FIRST.public_key()))
    assert router.asked == 1
    eager = RemoteKeys(router.url, interval_seconds=0)
    await eager.find(key_id(FIRST.public_key()))
    router.keys = _jwks(SECOND, FIRST)
    assert key_id(await eager.find(key_id(SECOND.public_key()))) == key_id(SECOND.public_key())


async def test_forged_key_ids_are_no_stream_of_fetches(router: Router) -> None:
    keys = RemoteKeys(router.url)
    for number in range(20):
        with pytest.raises(UnknownKey):
            await keys.find(f"forged {number}")
    assert router.asked == 1


async def test_a_router_that_fails_means_no_key_yet(router: Router) -> None:
    router.status = 500
    keys = RemoteKeys(router.url)
    with pytest.raises(UnknownKey):
        await keys.find("any")
    router.status = 200
    await keys.find(key_id(FIRST.public_key()))


async def test_rotated_keys_replace_the_old() -> None:
    keys = FixedKeys({"a": FIRST.public_key()})
    keys.replace({"b": SECOND.public_key()})
    await keys.find("b")
    with pytest.raises(UnknownKey):
        await keys.find("a")
