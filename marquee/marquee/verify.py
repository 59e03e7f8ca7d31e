"""Checks the invariants of the cinema on its stores, whether it runs or not. Changes nothing.

Each subgraph checks its own store; here is what only several stores together show. What is still on its way
between two stores (an event that the other has not taken yet) is no finding: it arrives, or is a dead letter.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import orjson
from sqlalchemy import select

from marquee.subgraphs import history_of
from marquee_subgraphs.analytics.invariants import revenue_by_payment
from marquee_subgraphs.analytics.invariants import verify as verify_analytics
from marquee_subgraphs.kit.database import Database
from marquee_subgraphs.kit.database.kit_tables import INBOX, OUTBOX
from marquee_subgraphs.kit.invariants import Invariant
from marquee_subgraphs.kit.settings import Settings
from marquee_subgraphs.loyalty.invariants import verify as verify_loyalty
from marquee_subgraphs.movies.invariants import verify as verify_movies
from marquee_subgraphs.notifications.invariants import verify as verify_notifications
from marquee_subgraphs.payments.invariants import CapturedPayment, ReadBooks, books_in, captured_payments
from marquee_subgraphs.payments.invariants import verify as verify_payments
from marquee_subgraphs.reviews.invariants import known_films
from marquee_subgraphs.reviews.invariants import verify as verify_reviews
from marquee_subgraphs.showtimes.invariants import verify as verify_showtimes
from marquee_subgraphs.tickets.invariants import verify as verify_tickets
from marquee_subgraphs.tickets.tables import ORDERS, TICKETS
from marquee_subgraphs.users.invariants import verify as verify_users

STORES = (
    "users",
    "movies",
    "showtimes",
    "tickets",
    "payments",
    "loyalty",
    "reviews",
    "analytics",
    "notifications",
)
ASK_PROVIDER: Final = "api"
_BOOKS_TIMEOUT_SECONDS: Final = 30.0
_UPDATE_FILM: Final = "Change each such film (`updateMovie`): its event makes it known again."
_LOOKS = 6
"""How often stores that disagree are compared again; after `_PAUSE_SECONDS` each."""
_PAUSE_SECONDS = 0.5
_SOLD = frozenset({"CONFIRMED", "PARTIALLY_REFUNDED", "REFUNDED"})


class NoStores(Exception):
    """There are no stores to verify; the message names the folder."""


async def verify_cinema(settings: Settings, bank: str | None = None) -> list[Invariant]:
    """Check everything. `bank`: where the provider's books are, a file, its folder, or `api` for the provider
    that the settings name; by default where the settings put the simulated bank.

    Raises `NoStores` when the cinema has never run there, or there is no such bank; `StoreUnusable` when a
    store is of another release; `ProviderFault` when the provider does not show its books;
    `DocumentsUnavailable` when MongoDB does not answer.
    """
    if settings.postgres_url is None:
        missing = [name for name in STORES if not (settings.data_dir / f"{name}.sqlite").exists()]
        if missing:
            raise NoStores(
                f"{settings.data_dir} has no store of {', '.join(missing)}: has Marquee run there?"
            )
    async with AsyncExitStack() as stack:
        read_books = _books(settings, bank, stack)
        stores = {
            name: await stack.enter_async_context(
                await Database.open(settings.database_url(name), history_of(name), migrate="check")
            )
            for name in STORES
        }
        # Payments first: a capture that it reports must be found in the stores that consume its event later.
        payments = await verify_payments(stores["payments"], read_books)
        return [
            *await verify_tickets(stores["tickets"]),
            *payments.invariants,
            *await verify_loyalty(stores["loyalty"]),
            *await verify_analytics(stores["analytics"]),
            *await verify_movies(stores["movies"], settings),
            *await verify_reviews(stores["reviews"], settings),
            *await verify_showtimes(stores["showtimes"]),
            *await verify_users(stores["users"]),
            *await verify_notifications(stores["notifications"]),
            await _films_known(stores["movies"], stores["reviews"]),
            await _captured_has_tickets(stores["tickets"], payments.captured),
            await _revenue_agrees(stores["payments"], stores["analytics"]),
        ]


def _books(settings: Settings, bank: str | None, stack: AsyncExitStack) -> ReadBooks | None:
    if bank is None and settings.stripe_key is None:
        file = settings.data_dir / "bank.sqlite"
        return books_in(file) if file.exists() else None
    if bank is None and settings.stripe_url is not None:
        bank = ASK_PROVIDER
    if bank is None:
        return None
    if bank == ASK_PROVIDER:
        if settings.stripe_key is None:
            raise NoStores("MARQUEE_STRIPE_KEY names no provider whose books could be asked for.")
        from marquee_subgraphs.payments.adapters.factory import open_stripe

        return open_stripe(settings, stack, timeout_seconds=_BOOKS_TIMEOUT_SECONDS).booked
    file = Path(bank) / "bank.sqlite" if Path(bank).is_dir() else Path(bank)
    if not file.exists():
        raise NoStores(f"{bank} holds no books of a bank.")
    return books_in(file)


async def _films_known(movies: Database, reviews: Database) -> Invariant:
    """`reviews` knows each film for which it consumed an event that is still in the outbox of `movies`."""
    async with movies.read(heavy=True) as connection:
        rows = (await connection.execute(select(OUTBOX.c.event_id, OUTBOX.c.event))).all()
    async with reviews.read(heavy=True) as connection:
        taken = set(await connection.scalars(select(INBOX.c.event_id).where(INBOX.c.consumer == "reviews")))
    # The outbox is pruned, so a film may be known without its event; the reverse is a finding.
    consumed = {str(orjson.loads(row.event)["payload"]["movie_id"]) for row in rows if row.event_id in taken}
    unknown = sorted(consumed - await known_films(reviews, consumed))
    return Invariant("reviews knows each film whose event it consumed", unknown, advice=_UPDATE_FILM)


async def _captured_has_tickets(tickets: Database, captured: Sequence[CapturedPayment]) -> Invariant:
    async with tickets.read(heavy=True) as connection:
        statuses = {
            row.id: row.status for row in await connection.execute(select(ORDERS.c.id, ORDERS.c.status))
        }
        with_tickets = set(await connection.scalars(select(TICKETS.c.order_id).distinct()))
    broken = [
        f"{payment.payment_id} of {payment.order_id}"
        for payment in captured
        # Nothing is owed for a payment that was refunded whole, e.g. of a lost seat.
        if payment.captured > payment.refunded
        and (statuses.get(payment.order_id) not in _SOLD or payment.order_id not in with_tickets)
    ]
    return Invariant("each captured payment has its tickets, or is given back", broken)


async def _revenue_agrees(payments: Database, analytics: Database) -> Invariant:
    """Revenue in analytics is captured minus refunded, except for events that analytics has not consumed yet.

    The cinema may be selling at the same time, and no snapshot spans two stores: a difference is looked at
    again.
    """
    findings: set[str] = set()
    for _ in range(_LOOKS):
        counted = await revenue_by_payment(analytics)
        captured = {
            payment.payment_id: (payment.captured.minor_units, payment.refunded.minor_units)
            for payment in await captured_payments(payments)
        }
        findings = {id_ for id_, figures in captured.items() if counted.get(id_) != figures}
        # A payment whose event is still in the outbox or the queue may differ: analytics counts it later.
        findings -= await _on_their_way(payments, analytics) if findings else set()
        # Revenue of a payment that does not exist is wrong whatever is on its way.
        findings |= counted.keys() - captured.keys()
        if not findings:
            break
        await asyncio.sleep(_PAUSE_SECONDS)
    return Invariant("revenue in analytics is what was captured minus what was refunded", sorted(findings))


async def _on_their_way(payments: Database, analytics: Database) -> set[str]:
    """The payments that have an event which analytics has not consumed yet, published or not."""
    async with analytics.read(heavy=True) as connection:
        taken = set(await connection.scalars(select(INBOX.c.event_id).where(INBOX.c.consumer == "analytics")))
    async with payments.read(heavy=True) as connection:
        rows = (await connection.execute(select(OUTBOX.c.event_id, OUTBOX.c.event))).all()
    waiting: set[str] = set()
    for row in rows:
        if row.event_id not in taken:
            event = orjson.loads(row.event)
            if event["type"] in ("payment.captured", "refund.completed"):
                waiting.add(str(event["payload"]["payment_id"]))
    return waiting
