"""Reads are retried within their time, mutations never; a subgraph that keeps failing is left alone for a
while."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from marquee_router.errors import SubgraphBusy, SubgraphTimeout, SubgraphUnavailable
from marquee_router.execution.resilience import ResilienceOptions, ResilientTransport
from marquee_router.execution.subgraph import SubgraphReply

GOOD = SubgraphReply(200, "application/json", b"{}", {})
BAD_GATEWAY = SubgraphReply(502, "text/html", b"", {})
REFUSED = SubgraphUnavailable("refused")


class Script:
    """Answers by a list; the last entry repeats."""

    def __init__(self, *answers: SubgraphReply | SubgraphUnavailable) -> None:
        self._answers = list(answers)
        self.calls = 0

    async def fetch(
        self, body: bytes, headers: Mapping[str, str], timeout_seconds: float, *, idempotent: bool = False
    ) -> SubgraphReply:
        answer = self._answers[min(self.calls, len(self._answers) - 1)]
        self.calls += 1
        if isinstance(answer, SubgraphUnavailable):
            raise answer
        return answer

    def subscribe(self, body: bytes, headers: Mapping[str, str]) -> Any:
        raise AssertionError("no test subscribes here")

    async def aclose(self) -> None:
        """Nothing is open."""


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def resilient(script: Script, clock: Clock | None = None, **options: Any) -> ResilientTransport:
    return ResilientTransport(
        script, ResilienceOptions(**{"pause_seconds": 0.0, **options}), clock or Clock()
    )


async def read(transport: ResilientTransport, timeout_seconds: float = 1.0) -> SubgraphReply:
    return await transport.fetch(b"", {}, timeout_seconds, idempotent=True)


@pytest.mark.parametrize("failure", [REFUSED, BAD_GATEWAY])
async def test_a_read_is_tried_again(failure: Any) -> None:
    script = Script(failure, GOOD)
    assert await read(resilient(script)) is GOOD
    assert script.calls == 2


async def test_retries_end() -> None:
    script = Script(REFUSED)
    with pytest.raises(SubgraphUnavailable):
        await read(resilient(script, retries=3))
    assert script.calls == 4


async def test_the_last_answer_counts_when_all_were_bad() -> None:
    assert await read(resilient(Script(BAD_GATEWAY))) is BAD_GATEWAY


async def test_a_mutation_is_never_repeated() -> None:
    script = Script(REFUSED, GOOD)
    with pytest.raises(SubgraphUnavailable):
        await resilient(script).fetch(b"", {}, 1.0)
    assert script.calls == 1


async def test_a_timeout_is_not_repeated() -> None:
    script = Script(SubgraphTimeout("slow"), GOOD)
    with pytest.raises(SubgraphTimeout):
        await read(resilient(script))
    assert script.calls == 1


async def test_no_retry_without_time_for_it() -> None:
    script = Script(REFUSED, GOOD)
    with pytest.raises(SubgraphUnavailable):
        await read(resilient(script, pause_seconds=2.0), timeout_seconds=1.0)
    assert script.calls == 1


async def test_the_circuit_opens_and_one_call_tries_whether_it_may_close() -> None:
    clock, script = Clock(), Script(REFUSED, REFUSED, REFUSED, GOOD)
    transport = resilient(script, clock, retries=0, failures_to_open=2, open_seconds=10.0)
    for _ in range(2):
        with pytest.raises(SubgraphUnavailable, match="refused"):
            await read(transport)
    with pytest.raises(SubgraphBusy):
        await read(transport)
    assert script.calls == 2

    clock.now = 10.0
    with pytest.raises(SubgraphUnavailable, match="refused"):
        await read(transport)
    with pytest.raises(SubgraphBusy):
        await read(transport)
    assert script.calls == 3

    clock.now = 20.0
    assert await read(transport) is GOOD
    assert await read(transport) is GOOD
    assert script.calls == 5


async def test_a_success_forgets_failures() -> None:
    script = Script(REFUSED, GOOD, REFUSED, GOOD)
    transport = resilient(script, retries=0, failures_to_open=2)
    for expected_failure in (True, False, True, False):
        if expected_failure:
            with pytest.raises(SubgraphUnavailable):
                await read(transport)
        else:
            assert await read(transport) is GOOD
