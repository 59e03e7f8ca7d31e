"""The service as resolvers, routes and tasks find it: its parts by what they are for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from subgraphs.kit.database import Database
from subgraphs.payments.errands import Errands
from subgraphs.payments.provider.methods import PaymentMethods
from subgraphs.payments.service.checkout import Checkout
from subgraphs.payments.service.desk import RefundDesk
from subgraphs.payments.service.reading import Reading
from subgraphs.payments.service.upkeep import Upkeep

if TYPE_CHECKING:
    from subgraphs.payments.provider.simulator import SimulatedBank


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
