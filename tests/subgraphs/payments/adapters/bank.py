"""A simulated bank with a client that speaks to it in this process, for tests."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import stripe

from marquee_subgraphs.payments.adapters.in_process import InProcessClient
from marquee_subgraphs.payments.adapters.provider import AuthorizationRequest
from marquee_subgraphs.payments.adapters.simulator import SimulatedBank
from marquee_subgraphs.payments.adapters.simulator.bank import SIMULATED_KEY
from marquee_subgraphs.payments.adapters.simulator.wire import sign
from marquee_subgraphs.payments.adapters.stripe_provider import StripeProvider
from tests.subgraphs.payments.money import soles

SECRET = "whsec_test"


@dataclass(frozen=True, slots=True)
class Bank:
    """Both ends."""

    simulator: SimulatedBank
    provider: StripeProvider

    def signed(self, body: bytes) -> str:
        """The signature of a webhook that is sent now."""
        return sign(body, SECRET, int(time.time()))


def open_bank(
    path: Path,
    *,
    deliver: Callable[[bytes, str], Awaitable[int]] | None = None,
    timeout_seconds: float = 5,
    through: Callable[[stripe.HTTPClient], stripe.HTTPClient] = lambda client: client,
) -> Bank:
    """Open the books at `path` and a client, `through` whatever stands before it; nothing is sent until
    asked.
    """
    simulator = SimulatedBank(path, public_url="http://cinema.test", webhook_secret=SECRET, deliver=deliver)
    client = InProcessClient(simulator.app, timeout_seconds=timeout_seconds)
    provider = StripeProvider(SIMULATED_KEY, SECRET, through(client), base_url="http://bank.test")
    return Bank(simulator, provider)


def asking(
    payment_method: str = "pm_card_visa", *, payment_id: str = "pay_1", amount_minor: int = 4800
) -> AuthorizationRequest:
    """A request to authorise."""
    return AuthorizationRequest(
        payment_id=payment_id,
        order_id="ord_1",
        amount=soles(amount_minor),
        payment_method=payment_method,
        return_url="http://cinema.test/orders/ord_1",
    )
