"""What payments says no to.

Refusal
├── CardDeclined           CARD_DECLINED: the bank said no; the order can be paid again
├── OrderNotPayable        ORDER_NOT_PAYABLE: unknown, over, paid already, or not theirs
├── PaymentUnknown         PAYMENT_UNKNOWN: the bank has not answered; it is being found out
├── NotRefundable          PAYMENT_NOT_REFUNDABLE: nothing is left, or nothing was ever taken
└── RefundExceedsPayment   REFUND_EXCEEDS_PAYMENT: more than is left
"""

from __future__ import annotations

from collections.abc import Sequence

from marquee_subgraphs.kit.money import Money
from marquee_subgraphs.kit.refusals import Conflict, Refusal


class CardDeclined(Refusal):
    """The bank said no. `decline_code` is the provider's reason, as `insufficient_funds`."""

    code = "CARD_DECLINED"

    def __init__(self, message: str, decline_code: str) -> None:
        super().__init__(message, ["input", "paymentMethod"])
        self.decline_code = decline_code


class OrderNotPayable(Refusal):
    """The order is unknown, over, paid already, or another's."""

    code = "ORDER_NOT_PAYABLE"

    def __init__(self, message: str) -> None:
        super().__init__(message, ["input", "orderId"])


class PaymentUnknown(Refusal):
    """The bank has not answered; nothing is charged twice, and the answer will be found out."""

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
    """More was asked than is left; `left` says how much is."""

    code = "REFUND_EXCEEDS_PAYMENT"

    def __init__(self, message: str, left: Money) -> None:
        super().__init__(message, ["input", "amount"])
        self.left = left
