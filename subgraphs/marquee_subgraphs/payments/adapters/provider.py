"""The port to the card provider: what payments asks of it, and how it fails. Knows neither HTTP nor Stripe.

    ProviderFault
    ├── ProviderUnanswered   the outcome is unknown: ask again by the same key, never by a new one
    └── ProviderRefused      the provider understood and refused; nothing happened
    WebhookRejected          a webhook that the provider did not sign

Each call that moves money carries an idempotency key made of our own id, so asking twice moves it once.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from marquee_subgraphs.kit.money import Money
from marquee_subgraphs.payments.domain.intent import Intent


class ProviderFault(Exception):
    """A call to the provider that did not succeed."""


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
    """An amount to reserve on a card, for one of our payments."""

    payment_id: str
    order_id: str
    amount: Money
    payment_method: str
    return_url: str
    """Where the bank sends its customer after 3-D Secure."""


class ReceiptStatus(Enum):
    """The state of a refund at the provider."""

    SUCCEEDED = auto()
    PENDING = auto()
    FAILED = auto()


@dataclass(frozen=True, slots=True)
class RefundReceipt:
    """The provider's answer to a refund."""

    provider_refund_id: str
    status: ReceiptStatus
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class BookedIntent:
    """One intent as the provider has it, for comparison with our store. Amounts in minor units."""

    payment_id: str | None
    provider_id: str
    status: str
    received: int
    refunded: int
    captures: int
    """How often its money was captured; more than once is a fault."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A verified webhook: this payment or refund changed, so ask the provider what is true now."""

    event_id: str
    kind: str
    provider_id: str | None
    payment_id: str | None
    refund_id: str | None


class PaymentProvider(Protocol):
    """A card provider that can reserve now and take later."""

    async def authorize(self, request: AuthorizationRequest) -> Intent:
        """Reserve the money, keyed by the payment. A declined card is an intent with a failure."""
        ...

    async def forestall(self, request: AuthorizationRequest) -> Intent | None:
        """Use up the payment's key without reserving anything, so that a delayed `authorize` does nothing.

        Return an intent to be cancelled, or None when the key is used up already: `authorize` has arrived.
        """
        ...

    async def find(self, payment_id: str) -> Intent | None:
        """Return the intent made for a payment, or None when the provider knows of none (yet)."""
        ...

    async def retrieve(self, provider_id: str) -> Intent:
        """Return an intent as it is now."""
        ...

    async def capture(self, payment_id: str, provider_id: str) -> Intent:
        """Take the reserved money, keyed by the payment."""
        ...

    async def cancel(self, payment_id: str, provider_id: str) -> Intent:
        """Cancel the reservation. When that is no longer possible, return the intent as it is now."""
        ...

    async def refund(self, refund_id: str, provider_id: str, amount: Money) -> RefundReceipt:
        """Give money back, keyed by the refund."""
        ...

    async def retrieve_refund(self, provider_refund_id: str) -> RefundReceipt:
        """Return a refund as it is now."""
        ...

    def read_webhook(self, body: bytes, signature: str | None) -> Notice:
        """Verify and read a webhook. Raises `WebhookRejected`."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...
