"""The bank's test cards and how each behaves. Their names are those of Stripe where Stripe has one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class TestCard:
    """A payment method with its behaviour."""

    id: str
    label: str
    brand: str
    last4: str
    behaviour: str
    decline_code: str | None = None
    asks_customer: bool = False
    answers: bool = True
    """False when the bank acts and its answer is lost on the way."""
    can_capture: bool = True
    can_refund: bool = True

    @property
    def is_stripes_own(self) -> bool:
        """True if Stripe has a card of this name too, in test mode."""
        return self.answers and self.can_capture and self.can_refund


CARDS: Final[tuple[TestCard, ...]] = (
    TestCard("pm_card_visa", "Visa", "visa", "4242", "Is accepted."),
    TestCard("pm_card_mastercard", "Mastercard", "mastercard", "4444", "Is accepted."),
    TestCard(
        "pm_card_threeDSecureRequired",
        "Visa, 3-D Secure",
        "visa",
        "3220",
        "The bank asks its customer first.",
        asks_customer=True,
    ),
    TestCard(
        "pm_card_chargeDeclined",
        "Visa, declined",
        "visa",
        "0002",
        "Is declined.",
        decline_code="generic_decline",
    ),
    TestCard(
        "pm_card_chargeDeclinedInsufficientFunds",
        "Visa, no funds",
        "visa",
        "9995",
        "Is declined: not enough money.",
        decline_code="insufficient_funds",
    ),
    TestCard(
        "pm_card_timeout",
        "Visa, slow bank",
        "visa",
        "0119",
        "Is accepted, but the answer is lost: the payment is unknown until it is found out.",
        answers=False,
    ),
    TestCard(
        "pm_card_captureFails",
        "Visa, capture fails",
        "visa",
        "0341",
        "Is authorised, but the money cannot be taken afterwards.",
        can_capture=False,
    ),
    TestCard(
        "pm_card_refundFails",
        "Visa, refund fails",
        "visa",
        "5126",
        "Is accepted, but nothing can be paid back to it.",
        can_refund=False,
    ),
)

_BY_ID: Final = {card.id: card for card in CARDS}
_THREE_D_SECURE: Final = "pm_card_threeDSecure"


def card_of(payment_method: str) -> TestCard | None:
    """Return the card of this name, or None; every `pm_card_threeDSecure…` asks its customer."""
    card = _BY_ID.get(payment_method)
    if card is None and payment_method.startswith(_THREE_D_SECURE) and payment_method.isidentifier():
        return _BY_ID["pm_card_threeDSecureRequired"]
    return card
