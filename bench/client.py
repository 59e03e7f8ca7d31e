"""Asks GraphQL over keep-alive connections; an answer with errors ends the run.

Never retries: a failure under load is a finding.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final

import aiohttp
import orjson

_HEADERS: Final = {"content-type": "application/json", "accept": "application/json"}
_TIMEOUT: Final = aiohttp.ClientTimeout(total=30)


class Refused(RuntimeError):
    """The server answered something else than data."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Whatever came: data, and the kinds of what failed, by code, status or exception."""

    data: Any = None
    failures: Sequence[str] = ()

    def payload(self, mutation: str) -> dict[str, Any] | None:
        """What a mutation answered, when it did."""
        found: dict[str, Any] | None = (self.data or {}).get(mutation)
        return found


@dataclass(frozen=True, slots=True)
class Client:
    """A pool of connections to one server."""

    session: aiohttp.ClientSession
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def authorized(self, token: str) -> Client:
        """A client with the same connections, signed in as a user."""
        return replace(self, headers={"authorization": f"Bearer {token}"})

    async def post(self, body: bytes) -> bytes:
        """The bytes of an answer without errors. Raises `Refused`."""
        try:
            async with self.session.post(self.url, data=body, headers=self.headers) as response:
                answer = await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Refused(f"{self.url} did not answer: {error!r}") from error
        if response.status != 200 or b'"errors":[{' in answer:
            raise Refused(answer.decode(errors="replace"))
        return answer

    async def ask(self, query: str, **variables: Any) -> Any:
        """The data of an answer. Raises `Refused`."""
        return orjson.loads(await self.post(request_body(query, **variables)))["data"]

    async def attempt(self, query: str, **variables: Any) -> Answer:
        """Ask, and count refusals and failures instead of raising them."""
        body = request_body(query, **variables)
        try:
            async with self.session.post(self.url, data=body, headers=self.headers) as response:
                raw = await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            return Answer(failures=(type(error).__name__,))
        try:
            answer = orjson.loads(raw)
        except orjson.JSONDecodeError:
            return Answer(failures=(f"status {response.status}",))
        errors = answer.get("errors") or ()
        return Answer(
            answer.get("data"), [str(error.get("extensions", {}).get("code", "ERROR")) for error in errors]
        )


def request_body(query: str, **variables: Any) -> bytes:
    """The body of a GraphQL request."""
    return orjson.dumps({"query": query, "variables": variables})


@asynccontextmanager
async def client_of(url: str, connections: int) -> AsyncIterator[Client]:
    """A client of the server at `url` (no path) with at most this many connections."""
    connector = aiohttp.TCPConnector(limit=connections)
    async with aiohttp.ClientSession(connector=connector, headers=_HEADERS, timeout=_TIMEOUT) as session:
        yield Client(session, f"{url}/graphql")
