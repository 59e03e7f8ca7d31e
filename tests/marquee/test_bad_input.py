"""Whatever a client sends: a refusal with a code, never a fault, and nothing has happened."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
import pytest_asyncio

from tests.eventually import eventually
from tests.marquee.bad_input import HOSTILE, MEGABYTE, UNKNOWN, BadInputs, Case, bad_inputs, replaced
from tests.marquee.running import Cinema, Client, verify

pytestmark = pytest.mark.asyncio(loop_scope="session")
AT_ONCE = 40
FAULTS = {"INTERNAL", "INTERNAL_SERVER_ERROR"}
HARMLESS = {"logout", "markNotificationRead"}
"""May succeed: leaving twice, and having read what one never got, change nothing."""
COUNTS = """{ users { totalCount } movies { totalCount } showtimes { totalCount } tickets { totalCount }
  cinemas { totalCount } auditoriums { totalCount } reviews { totalCount } rewards { totalCount } }"""
MINE = "{ me { id name email role orders { totalCount } payments { totalCount } } }"
LEAVING = "leaving@example.com"
DEMO_REWARDS = 3
"""The last of the demo data to come."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def quiet(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cinema]:
    """A cinema of its own: what is counted here must not grow, and who guesses passwords is slowed down."""
    async with Cinema(tmp_path_factory.mktemp("quiet")) as running:
        yield running


@pytest.fixture(scope="module")
def bad() -> BadInputs:
    return bad_inputs()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def people(quiet: Cinema) -> AsyncIterator[dict[str, Client]]:
    # Kept for less time than the server keeps them, so that none is used that has just been closed.
    connector = aiohttp.TCPConnector(limit=AT_ONCE, keepalive_timeout=1)
    async with aiohttp.ClientSession(connector=connector) as session:
        guest = Client(session, quiet.url)
        await guest.register(LEAVING)
        yield {
            "guest": guest,
            "customer": await guest.log_in("customer@marquee.test"),
            "admin": await guest.log_in("admin@marquee.test"),
        }


async def send(client: Client, body: bytes) -> tuple[int, Any]:
    headers = {"content-type": "application/json"}
    if client.token:
        headers["authorization"] = f"Bearer {client.token}"
    async with client.session.post(f"{client.url}/graphql", data=BytesIO(body), headers=headers) as response:
        return response.status, await response.json(content_type=None)


def codes(answer: Any, mutation: str) -> list[str | None]:
    """The codes of all errors, of the protocol and of the payload."""
    payload = (answer.get("data") or {}).get(mutation) or {}
    told = [error.get("extensions", {}).get("code") for error in answer.get("errors", [])]
    return told + [error.get("code") for error in payload.get("errors") or ()]


def complaint(status: int, answer: Any, case: Case) -> str | None:
    """What is wrong with an answer to a bad input, or None."""
    found = codes(answer, case.mutation)
    if status >= 500 or FAULTS.intersection(found) or not all(found):
        return f"{status} {json.dumps(answer)[:300]}"
    if not found and (case.by_form or case.mutation not in HARMLESS):
        return f"was accepted: {json.dumps(answer)[:300]}"
    return None


async def refused(bad: BadInputs, people: dict[str, Client], cases: list[tuple[str, Case]]) -> None:
    """Each case is refused; those that are accepted are reported together."""
    bound = asyncio.Semaphore(AT_ONCE)

    async def attempt(who: str, case: Case) -> str | None:
        body = {"query": bad.operation(case.mutation), "variables": {"input": case.given}}
        async with bound:
            client = people[who]
            if case.mutation == "logout" and client.token:
                # Ends every session of who asks, at once; the others' are still needed.
                client = await people["guest"].log_in(LEAVING, "a quiet evening")
            wrong = complaint(*await send(client, json.dumps(body).encode()), case)
        return wrong and f"{case.mutation} by {who}, {case.flaw}: {wrong}"

    wrong = await asyncio.gather(*(attempt(who, case) for who, case in cases))
    assert not [each for each in wrong if each], "\n".join(each for each in wrong if each)


async def settled(client: Client) -> None:
    """Wait for the last of the demo data."""

    async def is_filled() -> bool:
        return bool((await client.get(COUNTS))["rewards"]["totalCount"] >= DEMO_REWARDS)

    await eventually(is_filled, seconds=90, every=0.1)


async def test_an_input_of_another_form_is_refused_with_a_code(
    people: dict[str, Client], bad: BadInputs
) -> None:
    cases = [case for case in bad.cases() if case.by_form]
    assert {case.mutation for case in cases} == {name for name, field in bad.fields.items() if field.args}
    everybody = list(people)
    await refused(bad, people, [(everybody[n % 3], case) for n, case in enumerate(cases)])


async def test_an_input_that_cannot_be_is_refused_with_a_code_and_changes_nothing(
    quiet: Cinema, people: dict[str, Client], bad: BadInputs
) -> None:
    await settled(people["admin"])
    asked = [(people["admin"], COUNTS), (people["customer"], MINE), (people["admin"], MINE)]
    before = [await client.get(query) for client, query in asked]
    cases = [case for case in bad.cases() if not case.by_form]
    assert {case.mutation for case in cases} == {name for name, field in bad.fields.items() if field.args}
    # The admin gets furthest, so tries all; a guest and a customer share the rest of the time.
    tried = [("admin", case) for case in cases]
    tried += [("guest", case) for case in cases[::4]] + [("customer", case) for case in cases[2::4]]
    await refused(bad, people, tried)
    assert [await client.get(query) for client, query in asked] == before
    await asyncio.to_thread(verify, quiet.data_dir)


async def test_text_that_looks_dangerous_is_only_text(people: dict[str, Client]) -> None:
    customer, text = people["customer"], HOSTILE["code"]
    await customer.must("updateUser", "user { id }", name=text)
    assert (await customer.get("{ me { name } }"))["me"]["name"] == text
    query = "query ($text: String!) { movies(filter: {text: $text}) { totalCount } }"
    assert (await people["admin"].get(query, text=text))["movies"]["totalCount"] == 0


async def test_a_megabyte_of_text_is_refused(people: dict[str, Client], bad: BadInputs) -> None:
    cases = []
    for case in (case for case in bad.cases() if case.flaw == UNKNOWN):
        field = next((name for name, value in case.given.items() if isinstance(value, str | list)), None)
        if field is None:
            continue
        value = MEGABYTE if isinstance(case.given[field], str) else [MEGABYTE]
        cases.append(("admin", replace(case, given=replaced(case.given, (field,), value))))
    await refused(bad, people, cases)


async def test_a_body_above_the_limit_is_refused_before_it_is_sent(quiet: Cinema) -> None:
    address = urlsplit(quiet.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    head = "POST /graphql HTTP/1.1\r\nHost: marquee\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Content-Length: {2**21}\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"code"' in answer


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"5",
        b'"text"',
        b"\xff\xfe",
        b'{"query": "\xed\xa0\x80"}',
        b'{"query": 5}',
        b'{"query": "\\ud800"}',
        b'{"query": "{ me { id } }", "variables": 5}',
        b'{"query": "{ me { id } }", "variables": {"a": 1e400}}',
        b'{"query": "{ me { id } }", "variables": {"a": NaN}}',
        b'{"query": "{ me { id } }", "extensions": "text"}',
        b'{"query": "{ me { id } }", "operationName": "\\u0000"}',
        b'{"query": "\\u0000{ me { id } }"}',
        b'{"query": "mutation { logout }"}',
        b'{"query": "mutation { joinLoyalty(input: {}) { errors { code } } }"}',
        b"[" * 5_000,
        b'{"query": "' + b"{ me " * 5_000 + b'"}',
    ],
)
async def test_a_body_that_is_no_request_is_refused(people: dict[str, Client], body: bytes) -> None:
    status, answer = await send(people["customer"], body)
    assert status < 500
    assert all(codes(answer, ""))
    assert not FAULTS.intersection(codes(answer, ""))
    assert codes(answer, "") or body.endswith(b"1e400}}"), "a variable that nobody uses may be anything"
