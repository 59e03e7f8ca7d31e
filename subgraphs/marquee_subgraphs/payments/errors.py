"""What payments refuses beyond the shared refusals. The annotated fields are those that clients see.

Refusal
├── CardDeclined           the bank declined the card; the order can be paid by another
├── OrderNotPayable        the order is unknown, over, paid already, or somebody else's
├── PaymentUnknown         the bank has not answered; the outcome is being found out
└── Conflict
    ├── NotRefundable          nothing is left, or nothing was ever taken
    └── RefundExceedsPayment   more was asked for than is left
"""

from __future__ import annotations

from collections.abc import Sequence

from marquee_subgraphs.kit.money import Money
from marquee_subgraphs.kit.refusals import Conflict, Refusal


class CardDeclined(Refusal):
    """The bank said no; the order can be paid again while its hold lives."""

    code = "CARD_DECLINED"
    decline_code: str

    def __init__(self, message: str, decline_code: str) -> None:
        """`decline_code` is the provider's reason, as `insufficient_funds`."""
        super().__init__(message, ["input", "paymentMethod"])
        self.decline_code = decline_code


class OrderNotPayable(Refusal):
    """The order is unknown, over, paid already, or another's."""

    code = "ORDER_NOT_PAYABLE"

    def __init__(self, message: str) -> None:
        super().__init__(message, ["input", "orderId"])


class PaymentUnknown(Refusal):
    """The bank has not answered. It is being found out; nothing is charged twice."""

    code = "PAYMENT_UNKNOWN"

    def __init__(
        self, message: str = "The bank has not answered yet. Do not pay again: we are finding out."
    ) -> None:
        super().__init__(message)


class NotRefundable(Conflict):
    """Nothing of the payment can be given back."""

    code = "PAYMENT_NOT_REFUNDABLE"

    def __init__(self, message: str, path: Sequence[str] | None = ("input", "paymentId")) -> None:
        super().__init__(message, path)


class RefundExceedsPayment(Conflict):
    """More was asked for than is left."""

    code = "REFUND_EXCEEDS_PAYMENT"

    def __init__(self, message: str, left: Money) -> None:
        super().__init__(message, ["input", "amount"])
        self.left = left
