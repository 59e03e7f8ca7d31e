"""Looks after what nobody else does: the provider's messages, and every payment and refund that is due.

Because each is due from the moment it is written until it rests, a process that dies at any step leaves
nothing behind that the next start does not find.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.kit.database import Database
from marquee_subgraphs.payments.adapters.provider import Notice
from marquee_subgraphs.payments.domain.payment import OPEN, UNDECIDED, PaymentStatus
from marquee_subgraphs.payments.service.settlement import Settlement
from marquee_subgraphs.payments.store import PaymentStore, RefundStore

_AT_ONCE = 100
_NEWS: dict[str, frozenset[PaymentStatus]] = {
    "payment_intent.requires_action": UNDECIDED,
    "payment_intent.amount_capturable_updated": UNDECIDED | {PaymentStatus.FAILED, PaymentStatus.VOIDED},
    "payment_intent.payment_failed": UNDECIDED,
    "payment_intent.canceled": OPEN,
    "payment_intent.succeeded": OPEN | {PaymentStatus.FAILED, PaymentStatus.VOIDED},
}
"""In which states of ours a message may be news; in others it tells what is known."""


@dataclass(frozen=True, slots=True, eq=False)
class Reconciliation:
    """Finds what is due and hands it to its work."""

    database: Database
    payments: PaymentStore
    refunds: RefundStore
    settlement: Settlement
    clock: Clock
    wake_refund: Callable[[str], None]
    wake_payment: Callable[[str], None]

    async def handle_notice(self, notice: Notice) -> None:
        """Follow a message of the provider, by asking what is true. Raises `ProviderFault`: it must come
        again.
        """
        async with self.database.read() as connection:
            payment_id = notice.payment_id
            if payment_id is None and notice.provider_id is not None:
                payment_id = await self.payments.id_of_provider(connection, notice.provider_id)
            payment = await self.payments.find(connection, payment_id) if payment_id is not None else None
        if payment is None:
            return
        if notice.refund_id is not None:
            self.wake_refund(notice.refund_id)
        elif payment.state.status in _NEWS.get(notice.kind, frozenset()):
            await self.settlement.refresh(payment.id)

    async def start_due_work(self) -> int:
        """Start work for every payment and refund that is due; answers how many."""
        now = self.clock.now()
        async with self.database.read() as connection:
            payments = await self.payments.due(connection, now, _AT_ONCE)
            refunds = await self.refunds.due(connection, now, _AT_ONCE)
        for payment_id in payments:
            self.wake_payment(payment_id)
        for refund_id in refunds:
            self.wake_refund(refund_id)
        return len(payments) + len(refunds)
