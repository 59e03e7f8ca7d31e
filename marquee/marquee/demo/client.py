"""A client of the cinema's router in the same process. For demo data only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from marquee_router import RouterApp
from marquee_router.execution.in_process import InProcessTransport

_TIMEOUT_SECONDS: Final = 30.0


class DemoRefused(Exception):
    """The cinema refused an operation of the demo data; `codes` are those of its errors."""

    def __init__(self, what: str, errors: list[Mapping[str, Any]]) -> None:
        super().__init__(f"{what}: {errors}")
        self.codes = {str(error.get("code")) for error in errors}


class DemoClient:
    """A client with the token of one user, or none."""

    def __init__(self, app: RouterApp, token: str | None = None) -> None:
        self._app = app
        self._transport = InProcessTransport(app)
        self._headers = {"authorization": f"Bearer {token}"} if token else {}

    def signed_in(self, token: str) -> DemoClient:
        """The same for a user."""
        return DemoClient(self._app, token)

    async def ask(self, query: str, **variables: Any) -> Any:
        """The value of the only root field. Raises `DemoRefused`."""
        body = orjson.dumps({"query": query, "variables": variables})
        reply = await self._transport.fetch(body, self._headers, _TIMEOUT_SECONDS)
        answer = orjson.loads(reply.body)
        if answer.get("errors"):
            raise DemoRefused(query.partition("{")[0], answer["errors"])
        [value] = answer["data"].values()
        return value

    async def do(self, mutation: str, **given: Any) -> Any:
        """The payload of a mutation that takes one `input`. Raises `DemoRefused` when it has errors."""
        payload = await self.ask(mutation, input=given)
        if payload["errors"]:
            raise DemoRefused(mutation.partition("(")[0], payload["errors"])
        return payload
