"""The payment methods that are offered, and the names that are accepted. The provider decides in the end."""

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
    """The accepted payment methods: the test cards of a `simulated` bank, else every well-formed name."""

    simulated: bool
    shows_test_cards: bool
    at_stripe: bool = False
    """True if Stripe itself is the provider: then only the test cards that Stripe knows too are offered."""

    def knows(self, name: str) -> bool:
        """True if a payment method of this name may exist."""
        if _NAME.fullmatch(name) is None:
            return False
        return not self.simulated or card_of(name) is not None

    def offered(self) -> list[PaymentMethodInfo]:
        """Return the test cards; none where money is real."""
        if not self.shows_test_cards:
            return []
        return [
            PaymentMethodInfo(card.id, card.label, card.brand, card.last4, card.behaviour)
            for card in CARDS
            if card.is_stripes_own or not self.at_stripe
        ]
