"""A subgraph's ASGI door as the router uses it: signed identities, GraphQL over HTTP and WebSocket, no
socket.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from marquee_subgraphs.kit.app import Subgraph
from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.kit.identity import ANONYMOUS, IDENTITY_HEADER, ISSUER, Viewer, audience_of
from marquee_subgraphs.kit.identity_keys import FixedKeys

KEY_ID = "test"


class IdentitySigner:
    """Signs identities as the router does, for one subgraph."""

    def __init__(self, clock: Clock, subgraph: str = "", key: Ed25519PrivateKey | None = None) -> None:
        self._key = key or Ed25519PrivateKey.generate()
        self._clock = clock
        self._subgraph = subgraph
        self.keys = FixedKeys({KEY_ID: self._key.public_key()})

    def of(self, subgraph: str) -> IdentitySigner:
        """The same for another subgraph."""
        return IdentitySigner(self._clock, subgraph, self._key)

    def sign(self, viewer: Viewer) -> str:
        """The header's value for this viewer."""
        claims: dict[str, Any] = {"scopes": " ".join(sorted(viewer.scopes)), "roles": sorted(viewer.roles)}
        if viewer.user_id is None:
            claims["anonymous"] = True
        else:
            claims["sub"] = viewer.user_id
        if viewer.session_id is not None:
            claims["sid"] = viewer.session_id
        if viewer.cinemas:
            claims["cinemas"] = sorted(viewer.cinemas)
        return self.sign_claims(claims)

    def sign_claims(self, claims: Mapping[str, Any]) -> str:
        """A header of exactly these claims, over the usual ones."""
        now = int(self._clock.now().timestamp())
        usual = {"iss": ISSUER, "aud": audience_of(self._subgraph), "iat": now, "exp": now + 60}
        return jwt.encode({**usual, **claims}, self._key, algorithm="EdDSA", headers={"kid": KEY_ID})


def customer(user_id: str, session_id: str | None = None) -> Viewer:
    """A signed-in customer."""
    return Viewer(user_id=user_id, roles=frozenset({"customer"}), session_id=session_id)


def staff(
    *scopes: str,
    user_id: str = "usr_01HSTAFF000000000000000000",
    role: str = "admin",
    cinemas: Iterable[str] = (),
) -> Viewer:
    """A member of staff with these scopes."""
    return Viewer(
        user_id=user_id, roles=frozenset({role}), scopes=frozenset(scopes), cinemas=frozenset(cinemas)
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a GraphQL request."""

    status: int
    data: Any
    errors: Sequence[Mapping[str, Any]]

    @property
    def codes(self) -> list[str]:
        """The codes of the top-level errors."""
        return [error["extensions"]["code"] for error in self.errors]

    def only(self) -> Any:
        """The value of the only root field; fails when there are top-level errors."""
        assert not self.errors, self.errors
        [value] = self.data.values()
        return value


class Door:
    """One started subgraph, asked as the router asks."""

    def __init__(self, subgraph: Subgraph, signer: IdentitySigner) -> None:
        self.subgraph = subgraph
        self.signer = signer

    async def ask(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        viewer: Viewer | None = ANONYMOUS,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """POST one operation; `viewer=None` sends no identity at all."""
        sent = dict(headers or {})
        if viewer is not None:
            sent[IDENTITY_HEADER] = self.signer.sign(viewer)
        body = json.dumps({"query": query, "variables": variables or {}}).encode()
        status, answer = await self.post(body, sent)
        parsed = json.loads(answer)
        return Answer(status, parsed.get("data"), parsed.get("errors", []))

    async def entities(
        self,
        typename: str,
        keys: Iterable[str | Mapping[str, Any]],
        selection: str,
        viewer: Viewer | None = ANONYMOUS,
    ) -> Answer:
        """Resolve entities by id, or by whole representations."""
        representations = [
            {"__typename": typename, **({"id": key} if isinstance(key, str) else key)} for key in keys
        ]
        query = (
            "query ($representations: [_Any!]!) { _entities(representations: $representations)"
            f" {{ ... on {typename} {{ {selection} }} }} }}"
        )
        return await self.ask(query, {"representations": representations}, viewer)

    async def post(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """POST raw bytes to /graphql."""
        return await self._request("POST", "/graphql", {"content-type": "application/json", **headers}, body)

    async def get(self, path: str) -> tuple[int, Any]:
        """GET a JSON document."""
        status, body = await self._request("GET", path, {}, b"")
        return status, json.loads(body)

    async def _request(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes]:
        status = 0
        parts: list[bytes] = []

        sent = False

        async def receive() -> dict[str, Any]:
            nonlocal sent
            if sent:  # a client that stays until it has its answer
                await asyncio.get_running_loop().create_future()
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                parts.append(message.get("body", b""))

        scope = {"type": "http", "http_version": "1.1", "method": method, **_target(path, headers)}
        await self.subgraph(scope, receive, send)
        return status, b"".join(parts)

    @asynccontextmanager
    async def subscribe(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        viewer: Viewer | None = ANONYMOUS,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncIterator[AsyncIterator[Any]]:
        """Open a subscription over `graphql-transport-ws`; the iterator yields each `payload`."""
        incoming: asyncio.Queue[Any] = asyncio.Queue()
        outgoing: asyncio.Queue[Any] = asyncio.Queue()
        sent = dict(headers or {})
        if viewer is not None:
            sent[IDENTITY_HEADER] = self.signer.sign(viewer)
        scope = {
            "type": "websocket",
            "subprotocols": ["graphql-transport-ws"],
            "state": {},
            **_target("/graphql", sent),
        }
        operation = {"query": query, "variables": variables or {}}
        incoming.put_nowait({"type": "websocket.connect"})
        for message in (
            {"type": "connection_init"},
            {"type": "subscribe", "id": "1", "payload": operation},
        ):
            incoming.put_nowait({"type": "websocket.receive", "text": json.dumps(message)})
        served = asyncio.create_task(self.subgraph(scope, incoming.get, outgoing.put))
        try:
            yield _payloads(outgoing)
        finally:
            incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})
            await served


async def _payloads(outgoing: asyncio.Queue[Any]) -> AsyncIterator[Any]:
    while True:
        async with asyncio.timeout(5):
            sent = await outgoing.get()
        if sent["type"] == "websocket.close":
            return
        if sent["type"] != "websocket.send":
            continue
        message = json.loads(sent["text"])
        if message["type"] == "next":
            yield message["payload"]
        elif message["type"] == "error":
            yield {"data": None, "errors": message["payload"]}
            return
        elif message["type"] == "complete":
            return


def _target(path: str, headers: Mapping[str, str]) -> dict[str, Any]:
    return {
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "server": ("subgraph", 80),
        "client": ("127.0.0.1", 1),
    }
