"""`CompiledSource`: the source stream of a subscription (specification 6.2.3.1)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import TypeAlias

from marquee_router.errors import SubgraphUnavailable
from marquee_router.execution.exchange import Exchange, read_reply
from marquee_router.execution.root_fetch import CompiledRootFetch
from marquee_router.execution.state import Execution, Failure

Begin: TypeAlias = Callable[[], Execution]
"""Makes the execution of one event."""


@dataclass(frozen=True, slots=True)
class CompiledSource:
    """The stream of one subgraph that a subscription follows."""

    fetch: CompiledRootFetch
    request: Callable[[Execution], bytes]
    exchange: Exchange

    async def stream(self, begin: Begin) -> AsyncGenerator[Execution, None]:
        """Yield an execution per event, with the event's data and errors in it.

        A stream that breaks ends with an execution that has the failure, so that the client learns of it.
        """
        first = begin()
        events = self.exchange.transport.subscribe(self.request(first), first.headers_for(self.exchange.name))
        try:
            async for body in events:
                execution = begin()
                self._receive(execution, body)
                yield execution
        except SubgraphUnavailable as unavailable:
            execution = begin()
            execution.failures.append(Failure(self.fetch, [[execution.data]], unavailable))
            yield execution
        finally:
            if isinstance(events, AsyncGenerator):
                await events.aclose()

    def _receive(self, execution: Execution, body: bytes) -> None:
        try:
            data, errors = read_reply(body, 200)
        except SubgraphUnavailable as unavailable:
            execution.failures.append(Failure(self.fetch, [[execution.data]], unavailable))
            return
        if errors:
            execution.failures.append(Failure(self.fetch, [[execution.data]], reported=errors))
        if data is not None:
            self.fetch.merge([execution.data], data)
