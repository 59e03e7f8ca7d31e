"""A subgraph answers its router only: no identity, no answer, by any way in."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from marquee.subgraphs import NAMES
from marquee_subgraphs.kit.identity import IDENTITY_HEADER
from tests.marquee.authorization.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")
QUESTION = "{ __typename _entities(representations: []) { __typename } }"


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _by_hand(algorithm: str, claims: Mapping[str, Any], sign: Callable[[bytes], bytes]) -> str:
    """A token that no library would make."""
    signed = ".".join(_encoded(json.dumps(part).encode()) for part in ({"alg": algorithm}, claims))
    return f"{signed}.{_encoded(sign(signed.encode()))}"


def _identities(world: World, name: str) -> dict[str, str | None]:
    """What is no identity of the router's, by why not."""
    app = world.cinema.app
    assert app.signer is not None
    key, key_id = app.signer._key, app.signer.key_id
    now = int(time.time())
    good = {
        "iss": "marquee-router", "aud": f"marquee-subgraphs/{name}", "iat": now, "exp": now + 60,
        "sub": world.things["admin"], "roles": ["admin"], "scopes": "users:read users:write",
    }  # fmt: skip

    def signed(by: Ed25519PrivateKey = key, kid: str = key_id, **changes: Any) -> str:
        claims = {name: value for name, value in {**good, **changes}.items() if value is not None}
        return jwt.encode(claims, by, algorithm="EdDSA", headers={"kid": kid})

    public = key.public_key().public_bytes_raw()
    others = {
        f"for {other}": world.at_subgraph(world.people["admin"], other)[IDENTITY_HEADER]
        for other in NAMES
        if other != name
    }
    return {
        **others,
        "for all subgraphs": signed(aud="marquee-subgraphs"),
        "none": None,
        "empty": "",
        "no JWT": "admin",
        "expired": signed(iat=now - 600, exp=now - 300),
        "not valid yet": signed(iat=now + 300, exp=now + 600),
        "for another audience": signed(aud="marquee"),
        "of another issuer": signed(iss="marquee-users"),
        "without an end": signed(exp=None),
        "forged": signed(by=Ed25519PrivateKey.generate()),
        "of an unknown key": signed(by=Ed25519PrivateKey.generate(), kid="another"),
        "signed by the public key": _by_hand("HS256", good, lambda text: hmac.digest(public, text, "sha256")),
        "not signed": _by_hand("none", good, lambda _: b""),
        "without its signature": signed().rpartition(".")[0] + ".",
        "of nobody": signed(sub=None),
        "the client's own token": world.people["admin"].token,
    }


def _headers(identity: str | None) -> dict[str, str]:
    return {} if identity is None else {IDENTITY_HEADER: identity}


@pytest.mark.parametrize("name", NAMES)
async def test_without_the_routers_identity_a_subgraph_answers_nothing(world: World, name: str) -> None:
    door = world.door(name)
    for why, identity in _identities(world, name).items():
        answer = await door.ask(QUESTION, viewer=None, headers=_headers(identity))
        assert (answer.status, answer.data, answer.codes) == (401, None, ["UNAUTHENTICATED_ROUTER"]), why
    guest = world.at_subgraph(world.people["guest"], name)
    assert (await door.ask(QUESTION, viewer=None, headers=guest)).status == 200


@pytest.mark.parametrize("name", ["notifications", "tickets"])
async def test_nor_does_it_stream(world: World, name: str) -> None:
    fields: dict[str, Callable[[], str]] = {
        "notifications": lambda: "notificationReceived { id }",
        "tickets": lambda: f'seatMapChanged(showtimeId: "{world.things["showtime"]}") {{ version }}',
    }
    text = f"subscription {{ {fields[name]()} }}"
    for why, identity in _identities(world, name).items():
        async with world.door(name).subscribe(text, viewer=None, headers=_headers(identity)) as payloads:
            refused = await anext(payloads)
        assert refused["data"] is None, why
        assert [error["extensions"]["code"] for error in refused["errors"]] == ["UNAUTHENTICATED_ROUTER"], why


async def test_what_a_client_says_of_itself_never_reaches_a_subgraph(world: World) -> None:
    """The router signs what it verified, whatever headers come in."""
    app = world.cinema.app
    assert app.signer is not None
    forged = world.at_subgraph(world.people["admin"], "users")
    for who in ("guest", "stranger"):
        headers = {**world.people[who].at_router, **forged, "x-marquee-client-address": "127.0.0.1"}
        answer = await world.door("router").ask("{ me { role } users { totalCount } }", None, None, headers)
        assert answer.data["users"] is None
        assert (answer.data["me"] or {}).get("role") != "ADMIN"
