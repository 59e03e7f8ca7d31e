"""The use cases of payments: one method each.

What moves money is written down first, then done by work of its own, which no caller can interrupt; a
mutation only waits a moment for the outcome.
"""

from subgraphs.payments.service.checkout import Checkout, trouble_of
from subgraphs.payments.service.desk import RefundDesk
from subgraphs.payments.service.payments import PaymentService
from subgraphs.payments.service.reading import Reading
from subgraphs.payments.service.upkeep import Upkeep

__all__ = ["Checkout", "PaymentService", "Reading", "RefundDesk", "Upkeep", "trouble_of"]
