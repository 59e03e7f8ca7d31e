"""Reconciliation: finds the payments and refunds that are due, and follows the provider's webhooks.

It decides what is looked at, not what becomes of it: `settlement` asks the provider about a payment whose
status is unknown before anything is tried again, and `refund_settlement` does so for refunds.

A payment or refund is due from the moment it is written until it rests. So a process that dies at any step
leaves nothing behind that the next start does not find.
"""

from __future__ import annotations

from typing import Final

from marquee_subgraphs.payments.adapters.provider import Notice
from marquee_subgraphs.payments.domain.payment import OPEN, UNDECIDED, PaymentStatus
from marquee_subgraphs.payments.service.resources import Resources
from marquee_subgraphs.payments.service.settlement import Settlement

_MOST_AT_ONCE: Final = 100
_FAILED_OR_VOIDED: Final = frozenset({PaymentStatus.FAILED, PaymentStatus.VOIDED})
_NEWS: Final[dict[str, frozenset[PaymentStatus]]] = {
    "payment_intent.requires_action": UNDECIDED,
    # Also for payments that ended: then the bank holds money that nobody wants, and it must be cancelled.
    "payment_intent.amount_capturable_updated": UNDECIDED | _FAILED_OR_VOIDED,
    "payment_intent.payment_failed": UNDECIDED,
    "payment_intent.canceled": OPEN,
    "payment_intent.succeeded": OPEN | _FAILED_OR_VOIDED,
}
"""By type of webhook, the states in which it may be news. In every other state it repeats what is known, and
asking the provider again would cost a request for nothing.
"""


class Reconciliation:
    """Starts the work that is due."""

    def __init__(self, resources: Resources, settlement: Settlement) -> None:
        self._resources = resources
        self._settlement = settlement

    async def handle_notice(self, notice: Notice) -> None:
        """Follow a webhook by asking the provider what is true now, whatever the webhook says.

        Raises `ProviderFault`: then the provider has to send it again.
        """
        store = self._resources.store.payments
        async with self._resources.backend.database.read() as connection:
            payment_id = notice.payment_id
            if payment_id is None and notice.provider_id is not None:
                payment_id = await store.id_of_provider(connection, notice.provider_id)
            payment = await store.find(connection, payment_id) if payment_id is not None else None
        if payment is None:
            return
        if notice.refund_id is not None:
            self._resources.refund_work.add(notice.refund_id)
        elif payment.state.status in _NEWS.get(notice.kind, frozenset()):
            await self._settlement.refresh(payment.id)

    async def start_due_work(self) -> int:
        """Start the work for every payment and refund that is due; return how many."""
        resources, now = self._resources, self._resources.now()
        async with resources.backend.database.read() as connection:
            payments = await resources.store.payments.due(connection, now, _MOST_AT_ONCE)
            refunds = await resources.store.refunds.due(connection, now, _MOST_AT_ONCE)
        for payment_id in payments:
            resources.payment_work.add(payment_id)
        for refund_id in refunds:
            resources.refund_work.add(refund_id)
        return len(payments) + len(refunds)
