"""The payment methods that are offered, and which names are taken at all. The provider has the last word."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from marquee_subgraphs.payments.adapters.simulator.cards import CARDS, card_of

_NAME: Final = re.compile(r"pm_[A-Za-z0-9_]{1,80}")


@dataclass(frozen=True, slots=True)
class PaymentMethodInfo:
    """A card to pay with in the demo."""

    id: str
    label: str
    brand: str
    last4: str
    behaviour: str


@dataclass(frozen=True, slots=True)
class PaymentMethods:
    """What may be paid with. `simulated`: only the bank's test cards; else any name that the provider
    may know.
    """

    simulated: bool
    shows_test_cards: bool
    at_stripe: bool = False
    """Stripe itself is the provider, so that only its own test cards are worth showing."""

    def knows(self, name: str) -> bool:
        """Whether a payment method of this name may exist."""
        if _NAME.fullmatch(name) is None:
            return False
        return not self.simulated or card_of(name) is not None

    def offered(self) -> list[PaymentMethodInfo]:
        """The test cards, where money is not real."""
        if not self.shows_test_cards:
            return []
        return [
            PaymentMethodInfo(card.id, card.label, card.brand, card.last4, card.behaviour)
            for card in CARDS
            if card.is_stripes_own or not self.at_stripe
        ]
