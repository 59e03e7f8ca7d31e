"""The service as resolvers, routes and tasks find it: its parts by what they are for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from marquee_subgraphs.kit.database import Database
from marquee_subgraphs.payments.service.work_queue import Errands
from marquee_subgraphs.payments.adapters.methods import PaymentMethods
from marquee_subgraphs.payments.service.checkout import Checkout
from marquee_subgraphs.payments.service.refunds import RefundDesk
from marquee_subgraphs.payments.service.queries import Reading
from marquee_subgraphs.payments.service.reconciliation import Upkeep

if TYPE_CHECKING:
    from marquee_subgraphs.payments.adapters.simulator import SimulatedBank


@dataclass(frozen=True, slots=True, eq=False)
class PaymentService:
    """Payments, wired."""

    database: Database
    methods: PaymentMethods
    checkout: Checkout
    desk: RefundDesk
    reading: Reading
    upkeep: Upkeep
    payment_errands: Errands
    refund_errands: Errands
    bank: SimulatedBank | None
    """The bank, when it is simulated in this process: for comparing books."""

    async def idle(self) -> None:
        """Wait until no payment and no refund is being worked on in this process."""
        await self.payment_errands.idle()
        await self.refund_errands.idle()
        await self.payment_errands.idle()
