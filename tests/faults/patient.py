"""`Patient`: a client that does what one should when an answer does not come: the same request again.

Owns the waiting and the count of what went wrong on the way. Must never repeat anything without a key.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.eventually import attempts
from tests.marquee.running import Client

ATTEMPT_SECONDS = 13.0
"""Longer than a router waits for a subgraph."""
PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 2.0
PASSING = frozenset(
    {
        "SUBGRAPH_UNAVAILABLE",
        "SUBGRAPH_TIMEOUT",
        "SUBGRAPH_BUSY",
        "SUBGRAPH_REPLY_INVALID",
        "TEMPORARILY_UNAVAILABLE",
        "UNAVAILABLE",
        "REQUEST_IN_PROGRESS",
    }
)
"""Codes that say: try again. Anything else is an answer, or a bug."""


class GaveUp(AssertionError):
    """No answer within the time that was given."""


class Unclear(AssertionError):
    """An answer that does not say whether it is worth trying again."""


@dataclass(slots=True)
class Patient:
    """Asks until there is an answer, or `give_up_seconds` have passed."""

    client: Client
    give_up_seconds: float = 60.0
    troubles: Counter[str] = field(default_factory=Counter)
    """What was met on the way, by code or kind of fault; shared by all who are given it."""
    passing: frozenset[str] = PASSING
    """The codes after which it asks again."""

    async def get(self, query: str, **variables: Any) -> Any:
        """`data` of the first answer without errors. Raises `GaveUp`, `Unclear`."""
        try:
            async with asyncio.timeout(self.give_up_seconds):
                async for _ in attempts(every=PAUSE_SECONDS, longest=LONGEST_PAUSE_SECONDS):
                    answer = await self._attempt(query, variables)
                    if answer is not None:
                        return answer
        except TimeoutError:
            raise GaveUp(f"{query.split('{')[1]}: {dict(self.troubles)}") from None

    async def do(self, mutation: str, selection: str, **given: Any) -> Any:
        """The payload of a mutation, whose input must make repeating it harmless. Raises as `get`."""
        name = mutation[0].upper() + mutation[1:]
        query = (
            f"mutation ($input: {name}Input!) {{ {mutation}(input: $input)"
            f" {{ {selection} errors {{ code message path }} }} }}"
        )
        deadline = asyncio.get_running_loop().time() + self.give_up_seconds
        async for _ in attempts(every=PAUSE_SECONDS):
            payload = (await self.get(query, input=given))[mutation]
            codes = {error["code"] for error in payload["errors"]}
            if not codes & self.passing:
                return payload
            self.troubles.update(codes)
            if asyncio.get_running_loop().time() > deadline:
                break
        raise GaveUp(f"{mutation}: {dict(self.troubles)}")

    async def _attempt(self, query: str, variables: dict[str, Any]) -> Any:
        """`data`, or None when it is worth another attempt."""
        headers = {"authorization": f"Bearer {self.client.token}"} if self.client.token else {}
        body = {"query": query, "variables": variables}
        timeout = aiohttp.ClientTimeout(total=ATTEMPT_SECONDS)
        url = f"{self.client.url}/graphql"
        try:
            async with self.client.session.post(url, json=body, headers=headers, timeout=timeout) as response:
                answer = await response.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError) as fault:
            self.troubles[type(fault).__name__] += 1
            return None
        errors = answer.get("errors") or []
        if not errors:
            return answer["data"]
        codes = {error.get("extensions", {}).get("code", "NONE") for error in errors}
        self.troubles.update(codes)
        if not codes <= self.passing:
            raise Unclear(f"{errors}")
        return None
