"""The use cases of payments: one method each.

What moves money is written down first, then done by work of its own, which no caller can interrupt; a
mutation only waits a moment for the outcome.
"""

from marquee_subgraphs.payments.service.checkout import Checkout, trouble_of
from marquee_subgraphs.payments.service.payments import PaymentService
from marquee_subgraphs.payments.service.queries import Queries
from marquee_subgraphs.payments.service.reconciliation import Reconciliation
from marquee_subgraphs.payments.service.refunds import StaffRefunds

__all__ = ["Checkout", "PaymentService", "Queries", "Reconciliation", "StaffRefunds", "trouble_of"]
