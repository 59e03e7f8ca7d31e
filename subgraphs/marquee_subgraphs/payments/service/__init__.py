"""The use cases of payments: one method each.

What moves money is written down first, then done by work of its own, which no caller can interrupt; a
mutation only waits a moment for the outcome.
"""

from marquee_subgraphs.payments.service.checkout import Checkout, trouble_of
from marquee_subgraphs.payments.service.refunds import RefundDesk
from marquee_subgraphs.payments.service.payments import PaymentService
from marquee_subgraphs.payments.service.queries import Reading
from marquee_subgraphs.payments.service.reconciliation import Upkeep

__all__ = ["Checkout", "PaymentService", "Reading", "RefundDesk", "Upkeep", "trouble_of"]
