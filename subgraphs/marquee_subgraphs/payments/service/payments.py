"""The service as resolvers, routes and tasks find it: its parts by what they are for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from marquee_subgraphs.kit.database import Database
from marquee_subgraphs.payments.adapters.methods import PaymentMethods
from marquee_subgraphs.payments.service.checkout import Checkout
from marquee_subgraphs.payments.service.queries import Queries
from marquee_subgraphs.payments.service.reconciliation import Reconciliation
from marquee_subgraphs.payments.service.refunds import StaffRefunds
from marquee_subgraphs.payments.service.work_queue import WorkQueue

if TYPE_CHECKING:
    from marquee_subgraphs.payments.adapters.simulator import SimulatedBank


@dataclass(frozen=True, slots=True, eq=False)
class PaymentService:
    """Payments, wired."""

    database: Database
    methods: PaymentMethods
    checkout: Checkout
    refunds: StaffRefunds
    queries: Queries
    reconciliation: Reconciliation
    payment_work: WorkQueue
    refund_work: WorkQueue
    bank: SimulatedBank | None
    """The bank, when it is simulated in this process: for comparing books."""

    async def idle(self) -> None:
        """Wait until no payment and no refund is being worked on in this process."""
        await self.payment_work.idle()
        await self.refund_work.idle()
        await self.payment_work.idle()
