"""What must be true once everything is healed: of the stores, the broker, the bank, the mail and the logs.

Reads the stores as the owner of the tables does, and `marquee` commands as an operator does. Changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import orjson

from deploy.local import LocalStack
from marquee.event_queues import EVENT_QUEUES
from marquee.verify import ASK_PROVIDER, verify_cinema
from marquee_subgraphs.kit.clock import SystemClock
from marquee_subgraphs.kit.events.opening import open_broker
from marquee_subgraphs.kit.settings import load_settings
from tests.eventually import eventually
from tests.faults.buying import RETURNED, SOLD, Crowd, Purchase

CATCH_UP_SECONDS = 75.0
MOVING = ("CREATED", "AUTHORIZED", "UNKNOWN")
OWNER = "demo"
"""The service whose environment sees every store and the bank."""


class Books:
    """The stores of a stack, read from outside."""

    def __init__(self, stack: LocalStack) -> None:
        self._stack = stack
        self._url = stack.environment(OWNER)["MARQUEE_POSTGRES_URL"]

    def address(self, subgraph: str) -> str:
        """Where a subgraph's store is, for the owner of its tables."""
        return urlunsplit(urlsplit(self._url)._replace(path=f"/marquee_{subgraph}"))

    async def rows(self, subgraph: str, query: str, *arguments: Any) -> list[asyncpg.Record]:
        """What a query finds in a subgraph's store."""
        connection = await asyncpg.connect(self.address(subgraph))
        try:
            return await connection.fetch(query, *arguments)
        finally:
            await connection.close()

    async def published(self) -> dict[str, tuple[str, str]]:
        """Every event in any outbox: its id, its type and producer."""
        found: dict[str, tuple[str, str]] = {}
        for subgraph in EVENT_QUEUES:
            for row in await self.rows(subgraph, "SELECT event_id, event FROM outbox"):
                found[row["event_id"]] = (orjson.loads(row["event"])["type"], subgraph)
        return found

    async def unpublished(self) -> list[str]:
        """The events that wait in an outbox."""
        query = "SELECT event_id FROM outbox WHERE published_at IS NULL"
        return [
            f"{subgraph} has not published {row['event_id']}"
            for subgraph in EVENT_QUEUES
            for row in await self.rows(subgraph, query)
        ]

    async def missing(self) -> list[str]:
        """What has not arrived: events that wait in an outbox, or that a consumer has not taken."""
        found = await self.unpublished()
        if found:
            return found
        events = await self.published()
        for consumer, types in EVENT_QUEUES.items():
            rows = await self.rows(consumer, "SELECT event_id FROM inbox WHERE consumer = $1", consumer)
            taken = {row["event_id"] for row in rows}
            found += [
                f"{consumer} has not taken {type_} {event_id} of {producer}"
                for event_id, (type_, producer) in events.items()
                if type_ in types and event_id not in taken
            ]
        return found

    async def moving(self) -> list[str]:
        """Payments and refunds that have not come to rest."""
        payments = await self.rows(
            "payments", "SELECT id, status FROM payments WHERE status = ANY($1::varchar[])", list(MOVING)
        )
        refunds = await self.rows("payments", "SELECT id, status FROM refunds WHERE status = 'PENDING'")
        mails = await self.rows("notifications", "SELECT id, status FROM messages WHERE status = 'QUEUED'")
        return [f"{row['id']} is {row['status']}" for row in (*payments, *refunds, *mails)]

    async def points(self) -> dict[str, int]:
        """Points earned by payment, less those reversed."""
        rows = await self.rows(
            "loyalty",
            "SELECT payment_id, earned - reversed AS points FROM accruals WHERE captured IS NOT NULL",
        )
        return {row["payment_id"]: row["points"] for row in rows}


async def caught_up(stack: LocalStack, seconds: float = CATCH_UP_SECONDS) -> None:
    """Wait until every event has arrived everywhere and nothing is on its way any more."""
    books = Books(stack)
    left: list[str] = []

    async def is_done() -> bool:
        left[:] = [*await books.missing(), *await books.moving()]
        return not left

    try:
        await eventually(is_done, seconds=seconds, every=0.3)
    except TimeoutError:
        raise AssertionError("stuck:\n" + "\n".join(left[:20])) from None


async def verify(stack: LocalStack) -> None:
    """`marquee verify` finds nothing, the bank's books included, and no event is dead.

    Here in this process, which starts in no time; what the commands print is tested elsewhere.
    """
    settings = load_settings(stack.environment(OWNER))
    broken = [str(each) for each in await verify_cinema(settings, ASK_PROVIDER) if not each.holds]
    assert not broken, "\n".join(broken)
    broker = await open_broker(settings, SystemClock(), EVENT_QUEUES)
    try:
        dead = await broker.dead_letters()
    finally:
        await broker.close()
    assert not dead, [f"{each.queue} {each.event_type} {each.error}" for each in dead]


async def check(stack: LocalStack, crowd: Crowd, *, mails_once: bool = True) -> None:
    """Settle, catch up, and hold everything against each other.

    `mails_once`: False when notifications died: a mail may have left that it did not live to note. It
    carries the same Message-ID then, by which readers' programs know it.
    """
    await crowd.settle()
    await caught_up(stack)
    await verify(stack)
    await _check_points(stack, crowd.purchases)
    check_mail(stack, crowd.purchases, mails_once=mails_once)


async def _check_points(stack: LocalStack, purchases: Sequence[Purchase]) -> None:
    """A member's money earns points once; what came back, none."""
    points = await Books(stack).points()
    for each in purchases:
        if each.found is None or each.found["payment"] is None:
            continue
        payment = each.found["payment"]
        kept = Decimal(payment["amount"]["amount"]) - Decimal(payment["refunded"]["amount"])
        earned = points.get(payment["id"], 0)
        if each.is_guest or payment["status"] not in {"CAPTURED", *RETURNED}:
            assert earned == 0, (payment, earned)
        else:
            assert (earned > 0) == (kept > 0), (payment, earned)


def check_mail(stack: LocalStack, purchases: Sequence[Purchase], *, mails_once: bool = True) -> None:
    """Each buyer got the tickets by mail, once, and no other person did."""
    arrived: Counter[str] = Counter()
    by_number: dict[str, set[str]] = {}
    for mail in stack.mail.messages:
        body = mail.get_body(("plain",))
        text = "" if body is None else str(body.get_content())
        if "image/png" not in {part.get_content_type() for part in mail.walk()}:
            continue
        name = str(mail["Message-ID"])
        arrived[name] += 1
        for each in purchases:
            if each.order and each.order["number"] in text:
                assert each.email in str(mail["To"]), (each.email, mail["To"])
                by_number.setdefault(each.order["number"], set()).add(name)
    for each in purchases:
        if each.order is None:
            continue
        names = by_number.get(each.order["number"], set())
        sold = each.found["status"] in SOLD
        assert len(names) == int(sold), (each.email, each.found, names)
        if mails_once:
            assert all(arrived[name] == 1 for name in names), (each.email, names)
