"""Reads for resolvers: batches for loaders, a constant number of statements however many are asked for.

Who may see a payment: its customer, staff of its cinema; of a guest's order, whoever holds the order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from marquee_subgraphs.kit.database import Database
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.pagination import Page, PageRequest
from marquee_subgraphs.payments.domain.payment import PaymentEvent
from marquee_subgraphs.payments.domain.records import PaymentRecord, RefundRecord
from marquee_subgraphs.payments.store import PaymentStore, RefundStore


def may_see(viewer: Viewer, payment: PaymentRecord) -> bool:
    """Whether a payment is theirs to know of."""
    return payment.user_id is None or viewer.is_user(payment.user_id) or viewer.works_at(payment.cinema_id)


def may_ask(viewer: Viewer, payment: PaymentRecord | None) -> bool:
    """Whether a payment may be asked for by its id: a guest's is reached through the order alone."""
    if payment is None:
        return False
    return viewer.is_user(payment.user_id) or viewer.works_at(payment.cinema_id)


@dataclass(frozen=True, slots=True, eq=False)
class Queries:
    """Batch loads."""

    database: Database
    payments: PaymentStore
    refunds: RefundStore

    async def payments_by_id(self, ids: Sequence[str]) -> Mapping[str, PaymentRecord]:
        """Whichever there are of these."""
        async with self.database.read() as connection:
            return await self.payments.find_many(connection, ids)

    async def latest_by_order(self, order_ids: Sequence[str]) -> Mapping[str, PaymentRecord]:
        """The latest payment of each order that has any."""
        async with self.database.read() as connection:
            return await self.payments.latest_of_orders(connection, order_ids)

    async def events_by_payment(self, ids: Sequence[str]) -> Mapping[str, list[PaymentEvent]]:
        """What happened to each payment."""
        async with self.database.read() as connection:
            return await self.payments.events_of(connection, ids)

    async def refunds_by_payment(self, ids: Sequence[str]) -> Mapping[str, list[RefundRecord]]:
        """The refunds of each payment."""
        async with self.database.read() as connection:
            return await self.refunds.of_payments(connection, ids)

    async def pages_by_user(
        self, keys: Sequence[tuple[str, PageRequest]]
    ) -> Mapping[tuple[str, PageRequest], Page[PaymentRecord]]:
        """A page of each user's payments, newest first: one statement for each distinct page asked for."""
        users: dict[PageRequest, list[str]] = defaultdict(list)
        for user_id, request in keys:
            users[request].append(user_id)
        pages: dict[tuple[str, PageRequest], Page[PaymentRecord]] = {}
        async with self.database.read() as connection:
            for request, user_ids in users.items():
                found = await self.payments.pages_of_users(connection, user_ids, request)
                for user_id, rows in found.items():
                    pages[user_id, request] = Page.of(
                        rows, request, lambda payment: (payment.state.started_at, payment.id)
                    )
        return pages

    async def counts_by_user(self, user_ids: Sequence[str]) -> Mapping[str, int]:
        """How many payments each user has."""
        async with self.database.read() as connection:
            return await self.payments.counts_of_users(connection, user_ids)
