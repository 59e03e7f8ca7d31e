"""The seam to the card provider: what payments asks of it, and how it fails. Knows neither HTTP nor Stripe.

    ProviderFault
    ├── ProviderUnanswered   nobody knows whether it happened: ask again by the same key, never with a new one
    └── ProviderRefused      it understood and will not; nothing happened
    WebhookRejected          a message that is not the provider's

Every call that moves money carries a key of ours, so asking twice happens once.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from marquee_subgraphs.payments.domain.intent import Intent


class ProviderFault(Exception):
    """A call to the provider that did not end in its yes."""


class ProviderUnanswered(ProviderFault):
    """Timed out, cut off, overloaded or broken: the outcome is unknown."""


class ProviderRefused(ProviderFault):
    """The provider understood and refused."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class WebhookRejected(Exception):
    """The signature is missing, wrong or old, or the body is not an event."""


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """Reserve this much on this card, for this payment of ours."""

    payment_id: str
    order_id: str
    amount_minor: int
    currency: str
    """ISO 4217, upper case."""
    payment_method: str
    return_url: str
    """Where the bank sends its customer after 3-D Secure."""


class ReceiptStatus(Enum):
    """What became of a refund at the provider."""

    SUCCEEDED = auto()
    PENDING = auto()
    FAILED = auto()


@dataclass(frozen=True, slots=True)
class RefundReceipt:
    """The provider's answer to a refund."""

    provider_refund_id: str
    status: ReceiptStatus
    amount_minor: int
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class BookedIntent:
    """One intent in the provider's books, for comparing them with ours. Amounts in minor units."""

    payment_id: str | None
    provider_id: str
    status: str
    received: int
    refunded: int
    captures: int
    """How often its money was taken."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A webhook, verified: something changed about this payment or refund; ask what is true now."""

    event_id: str
    kind: str
    provider_id: str | None
    payment_id: str | None
    refund_id: str | None


class PaymentProvider(Protocol):
    """A card provider that can reserve now and take later."""

    async def authorize(self, request: AuthorizationRequest) -> Intent:
        """Reserve the money, keyed by the payment. A card that is declined is an answer, not an error."""
        ...

    async def forestall(self, request: AuthorizationRequest) -> Intent | None:
        """Use up the payment's key without reserving anything, so that a request still on its way does
        nothing.

        Answers an intent to be cancelled, or None when the key is used: the request had arrived before.
        """
        ...

    async def find(self, payment_id: str) -> Intent | None:
        """The intent made for a payment, or None when the provider knows of none (yet)."""
        ...

    async def retrieve(self, provider_id: str) -> Intent:
        """What is true of an intent now."""
        ...

    async def capture(self, payment_id: str, provider_id: str) -> Intent:
        """Take the reserved money, keyed by the payment."""
        ...

    async def cancel(self, payment_id: str, provider_id: str) -> Intent:
        """Let go of the reserved money. When that is no longer possible, answers what is true instead."""
        ...

    async def refund(self, refund_id: str, provider_id: str, amount_minor: int) -> RefundReceipt:
        """Give money back, keyed by the refund."""
        ...

    async def retrieve_refund(self, provider_refund_id: str) -> RefundReceipt:
        """What is true of a refund now."""
        ...

    def read_webhook(self, body: bytes, signature: str | None) -> Notice:
        """Verify and read a webhook. Raises `WebhookRejected`."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
