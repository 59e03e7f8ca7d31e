"""The use cases of payments: one method each, one transaction each.

`checkout` and `refunds` are what people ask for; both write first what shall happen. `settlement` and
`refund_settlement` then do it with the provider, in tasks that no caller can interrupt; `reconciliation`
starts them again when they are due. `orders` follows tickets, and `queries` reads.
"""

from __future__ import annotations

from dataclasses import dataclass

from marquee_subgraphs.kit.database import Database
from marquee_subgraphs.payments.service.checkout import Checkout
from marquee_subgraphs.payments.service.orders import Orders
from marquee_subgraphs.payments.service.queries import PaymentQueries
from marquee_subgraphs.payments.service.reconciliation import Reconciliation
from marquee_subgraphs.payments.service.refund_settlement import RefundSettlement
from marquee_subgraphs.payments.service.refunds import Refunds
from marquee_subgraphs.payments.service.resources import Resources
from marquee_subgraphs.payments.service.settlement import Settlement


@dataclass(frozen=True, slots=True, eq=False)
class PaymentService:
    """What resolvers find as `info.context.service`."""

    resources: Resources
    checkout: Checkout
    orders: Orders
    refunds: Refunds
    queries: PaymentQueries
    reconciliation: Reconciliation

    @classmethod
    def of(cls, resources: Resources) -> PaymentService:
        """Return the use cases on one backend and provider, and serve the work queues."""
        refunds = Refunds(resources)
        settlement = Settlement(resources, refunds)
        resources.payment_work.serve(settlement.resume)
        resources.refund_work.serve(RefundSettlement(resources).drive)
        return cls(
            resources=resources,
            checkout=Checkout(resources, settlement),
            orders=Orders(resources),
            refunds=refunds,
            queries=PaymentQueries(resources),
            reconciliation=Reconciliation(resources, settlement),
        )

    @property
    def database(self) -> Database:
        """The store of payments."""
        return self.resources.backend.database

    async def idle(self) -> None:
        """Wait until no payment and no refund is being worked on in this process."""
        await self.resources.payment_work.idle()
        await self.resources.refund_work.idle()
        # The last refund may have changed a payment again.
        await self.resources.payment_work.idle()

    async def close(self) -> None:
        """Stop the work that is under way; what is not done stays due in the store."""
        await self.resources.refund_work.close()
        await self.resources.payment_work.close()


__all__ = ["PaymentService", "Resources"]
