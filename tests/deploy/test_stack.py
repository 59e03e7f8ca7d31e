"""The cinema as it runs in production, met through nginx: many processes behave as one."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from typing import Any
from uuid import uuid4

import orjson
import pytest

from deploy.local import LocalStack
from marquee.pages import PAGE_POLICY
from tests.eventually import eventually
from tests.marquee.running import Client, showtimes
from tests.marquee.test_subscriptions import SEATS, socket, until, version

pytestmark = pytest.mark.asyncio(loop_scope="session")
ORDER = "query ($id: ID!) { order(id: $id) { id status tickets { id status } } }"
WAIT_SECONDS = 15
TINY = "{ __typename }"


async def confirmed(client: Client, order_id: str) -> Any:
    """The order once it is."""

    async def ask() -> Any:
        order = (await client.get(ORDER, id=order_id))["order"]
        return order if order["status"] == "CONFIRMED" else None

    return await eventually(ask, seconds=WAIT_SECONDS, every=0.1)


async def paid(client: Client, order: Any) -> None:
    """Pay; payments may hear of the order a little later than the customer does."""
    key = str(uuid4())
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            errors = (await client.pay(order, key=key))["errors"]
            if [error["code"] for error in errors] != ["ORDER_NOT_PAYABLE"]:
                assert errors == []
                return


async def asks_every_router(stack: LocalStack, guest: Client) -> bool:
    """True if nginx hands some of a few requests to each router."""
    before = await requests_of(stack, guest)
    for _ in range(8):
        await guest.get(TINY)
    return all(now > then for now, then in zip(await requests_of(stack, guest), before, strict=True))


async def requests_of(stack: LocalStack, guest: Client) -> list[float]:
    """How many requests each router has answered."""
    counts = []
    for router in stack.replicas("router"):
        async with guest.session.get(f"{router.url}/metrics") as response:
            counted = re.findall(r"^router_requests_total\{.*\} (\S+)$", await response.text(), re.MULTILINE)
        counts.append(sum(map(float, counted)))
    return counts


def routers(stack: LocalStack, client: Client) -> list[Client]:
    """The same client before each router."""
    return [Client(client.session, router.url, client.token) for router in stack.replicas("router")]


@asynccontextmanager
async def server_sent_events(
    client: Client, query: str, **variables: Any
) -> AsyncIterator[AsyncIterator[Any]]:
    """The data of the events of one subscription over SSE."""
    body = {"query": query, "variables": variables}
    headers = {"accept": "text/event-stream"}
    async with client.session.post(f"{client.url}/graphql", json=body, headers=headers) as response:
        assert response.status == 200
        assert response.content_type == "text/event-stream"

        async def events() -> AsyncIterator[Any]:
            async for line in response.content:
                if line.startswith(b"data:") and line.strip() != b"data:":
                    yield orjson.loads(line[5:])["data"]

        yield events()


async def test_a_purchase_crosses_all_processes(stack: LocalStack, guest: Client) -> None:
    customer = await guest.register("buyer@stack.example.com")
    showtime = (await showtimes(customer, 3))[0]["id"]
    hold = await customer.hold(showtime, await customer.best(showtime, 2))
    order = await customer.order(hold)
    await paid(customer, order)
    bought = await confirmed(customer, order["id"])
    assert [ticket["status"] for ticket in bought["tickets"]] == ["VALID", "VALID"]
    async with asyncio.timeout(WAIT_SECONDS), stack.mail.arrived:
        await stack.mail.arrived.wait_for(
            lambda: any("buyer@stack.example.com" in str(mail["to"]) for mail in stack.mail.messages)
        )
    code, output = await stack.run("demo", "verify")
    assert code == 0, output


async def test_changes_made_through_either_router_reach_watchers_of_both(
    stack: LocalStack, guest: Client
) -> None:
    showtime = (await showtimes(guest, 5))[4]["id"]
    at = await version(guest, showtime)
    seats = await guest.best(showtime, 2)
    watching = server_sent_events(guest, SEATS, id=showtime, after=at)
    async with socket(guest) as watcher, watching as events, asyncio.timeout(WAIT_SECONDS):
        await watcher.start("map", SEATS, id=showtime, after=at)
        for seat, router in zip(seats, routers(stack, guest), strict=True):
            await router.hold(showtime, [seat])
        await until(watcher, "map", seats, "HELD")
        waiting = set(seats)
        async for data in events:
            change = data["seatMapChanged"]
            waiting -= {seat["id"] for seat in change["seats"] if seat["status"] == "HELD"}
            if not waiting:
                break


async def test_both_routers_take_the_token_of_one_sign_in(stack: LocalStack, guest: Client) -> None:
    customer = await guest.register("twice@stack.example.com", "Tam Twice")
    for router in routers(stack, customer):
        assert (await router.get("{ me { name } }"))["me"]["name"] == "Tam Twice"


async def test_the_demo_data_are_put_in_once(stack: LocalStack, guest: Client) -> None:
    query = "{ movies { totalCount } cinemas { totalCount } showtimes { totalCount } rewards { totalCount } }"
    before = await guest.get(query)
    code, output = await stack.run("demo", "demo")
    assert code == 0, output
    assert await guest.get(query) == before
    assert before["movies"]["totalCount"] == 16


async def test_the_page_loads_with_its_policy_and_assets_that_are_kept(guest: Client) -> None:
    async with guest.session.get(guest.url) as response:
        page = await response.text()
        assert response.status == 200
        assert response.headers["content-security-policy"] == PAGE_POLICY
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["cache-control"] == "no-cache"
    assert "/static/app/app.js?v=local" in page
    kept = {
        "/static/app/app.js?v=local": "immutable",
        "/static/app/style.css?v=local": "immutable",
        "/static/app/app.js": "max-age=3600",
        "/posters/metropolis.svg": "max-age=86400",
        "/graphql/assets/graphiql.js": "max-age=3600",
    }
    for path, caching in kept.items():
        async with guest.session.get(f"{guest.url}{path}") as response:
            assert response.status == 200, path
            assert caching in response.headers["cache-control"], path
            assert response.headers["x-content-type-options"] == "nosniff", path
            assert response.headers.get("content-encoding") == "gzip", path


async def test_graphiql_has_the_examples(guest: Client) -> None:
    async with guest.session.get(f"{guest.url}/graphql", headers={"accept": "text/html"}) as response:
        assert "What is on" in await response.text()


async def test_what_is_not_for_the_public_is_not_there(guest: Client) -> None:
    for path in (
        "/metrics",
        "/.well-known/jwks.json",
        "/nothing",
        "/static/../nginx.conf",
        "/webhooks/other",
    ):
        async with guest.session.get(f"{guest.url}{path}") as response:
            assert response.status == 404, path
    async with guest.session.post(f"{guest.url}/webhooks/stripe", data=b"{}") as response:
        assert response.status == 400, "nobody signed it"
    async with guest.session.get(f"{guest.url}/bank/done") as response:
        assert "Thank you" in await response.text()
    async with guest.session.get(f"{guest.url}/ready") as response:
        assert response.status == 200


async def test_a_body_that_is_too_big_is_refused_in_the_format_of_answers(guest: Client) -> None:
    body = BytesIO(orjson.dumps({"query": TINY, "variables": {"padding": "x" * 1_100_000}}))
    headers = {"content-type": "application/json"}
    async with guest.session.post(f"{guest.url}/graphql", data=body, headers=headers) as response:
        assert response.status == 413
        answer = await response.json()
    assert answer["errors"][0]["extensions"]["code"] == "PAYLOAD_TOO_LARGE"


async def test_a_router_is_restarted_without_a_request_that_fails(stack: LocalStack, guest: Client) -> None:
    restarted = asyncio.Event()

    async def visitor() -> int:
        answered = 0
        while not restarted.is_set() or answered < 30:
            async with guest.session.post(f"{guest.url}/graphql", json={"query": TINY}) as response:
                assert response.status == 200, await response.text()
                assert await response.json() == {"data": {"__typename": "Query"}}
            answered += 1
        return answered

    visitors = [asyncio.create_task(visitor()) for _ in range(8)]
    try:
        await stack.process("router-1").restart()
    finally:
        restarted.set()
        answered = await asyncio.gather(*visitors)
    assert sum(answered) >= 240


async def test_a_router_that_is_killed_comes_back_and_the_other_serves_meanwhile(
    stack: LocalStack, guest: Client
) -> None:
    # nginx leaves out a router for two seconds after it failed, as the one that was restarted did.
    await eventually(lambda: asks_every_router(stack, guest), every=0.1)
    router = stack.process("router-2")
    await router.kill()
    lost = 0
    try:
        for _ in range(20):
            try:
                assert await guest.get(TINY) == {"__typename": "Query"}
            except AssertionError:
                lost += 1
    finally:
        await router.start()
    # One may have left on a connection that had just ended with its router: a POST is never sent twice.
    assert lost <= 1
