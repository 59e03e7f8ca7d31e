"""What resolvers read: batches of a constant number of statements, and who may see a payment.

Its customer and the staff of its cinema see a payment; a guest's payment is seen through the order's id.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.pagination import Page, PageRequest
from marquee_subgraphs.payments.domain.payment import PaymentEvent
from marquee_subgraphs.payments.domain.records import PaymentRecord, RefundRecord
from marquee_subgraphs.payments.service.resources import Resources


def may_see(viewer: Viewer, payment: PaymentRecord) -> bool:
    """True if a viewer who got to a payment through its order may see it."""
    return payment.user_id is None or viewer.is_user(payment.user_id) or viewer.works_at(payment.cinema_id)


def may_ask(viewer: Viewer, payment: PaymentRecord | None) -> bool:
    """True if a viewer may ask for a payment by its id; a guest's is reached through its order alone."""
    if payment is None:
        return False
    return viewer.is_user(payment.user_id) or viewer.works_at(payment.cinema_id)


class PaymentQueries:
    """Batches for loaders."""

    def __init__(self, resources: Resources) -> None:
        self._database = resources.backend.database
        self._store = resources.store

    async def payments_by_id(self, ids: Sequence[str]) -> Mapping[str, PaymentRecord]:
        """Return the payments of these ids, without those that do not exist."""
        async with self._database.read() as connection:
            return await self._store.payments.find_many(connection, ids)

    async def latest_by_order(self, order_ids: Sequence[str]) -> Mapping[str, PaymentRecord]:
        """Return the latest payment of each order that has any."""
        async with self._database.read() as connection:
            return await self._store.payments.latest_of_orders(connection, order_ids)

    async def events_by_payment(self, ids: Sequence[str]) -> Mapping[str, list[PaymentEvent]]:
        """Return the events of each payment, the oldest first."""
        async with self._database.read() as connection:
            return await self._store.payments.events_of(connection, ids)

    async def refunds_by_payment(self, ids: Sequence[str]) -> Mapping[str, list[RefundRecord]]:
        """Return the refunds of each payment."""
        async with self._database.read() as connection:
            return await self._store.refunds.of_payments(connection, ids)

    async def pages_by_user(
        self, keys: Sequence[tuple[str, PageRequest]]
    ) -> Mapping[tuple[str, PageRequest], Page[PaymentRecord]]:
        """Return a page of each user's payments, newest first; one statement for each distinct page."""
        users: dict[PageRequest, list[str]] = defaultdict(list)
        for user_id, request in keys:
            users[request].append(user_id)
        pages: dict[tuple[str, PageRequest], Page[PaymentRecord]] = {}
        async with self._database.read() as connection:
            for request, user_ids in users.items():
                found = await self._store.payments.pages_of_users(connection, user_ids, request)
                for user_id, rows in found.items():
                    pages[user_id, request] = Page.of(
                        rows, request, lambda payment: (payment.state.started_at, payment.id)
                    )
        return pages

    async def counts_by_user(self, user_ids: Sequence[str]) -> Mapping[str, int]:
        """Return how many payments each user has."""
        async with self._database.read() as connection:
            return await self._store.payments.counts_of_users(connection, user_ids)
