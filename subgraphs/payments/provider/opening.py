"""Opens the provider that the settings name: Stripe by its key, or the simulated bank in this process."""

from __future__ import annotations

import secrets
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from subgraphs.kit.settings import Settings
from subgraphs.payments.provider.gateway import PaymentProvider
from subgraphs.payments.provider.methods import PaymentMethods

if TYPE_CHECKING:
    from subgraphs.payments.provider.simulator import SimulatedBank
    from subgraphs.payments.provider.simulator.webhooks import Deliver


@dataclass(frozen=True, slots=True)
class OpenProvider:
    """The provider, what may be paid with, and the bank when it is simulated here."""

    provider: PaymentProvider
    methods: PaymentMethods
    bank: SimulatedBank | None


async def open_provider(
    settings: Settings, deliver: Deliver, stack: AsyncExitStack, *, public_url: str, timeout_seconds: float
) -> OpenProvider:
    """Make the provider; the stack closes it. `deliver` takes the simulated bank's webhooks."""
    # Imported here: the client of Stripe costs 0.2 s, which printing a schema need not pay.
    import aiohttp
    import stripe

    from subgraphs.payments.provider.in_process import InProcessClient
    from subgraphs.payments.provider.simulator import SimulatedBank
    from subgraphs.payments.provider.simulator.bank import SIMULATED_KEY
    from subgraphs.payments.provider.stripe_adapter import StripeProvider

    if settings.stripe_key is not None:
        key = settings.stripe_key.get_secret_value()
        secret = settings.stripe_webhook_secret
        provider = StripeProvider(
            key,
            secret.get_secret_value() if secret is not None else secrets.token_hex(32),
            stripe.AIOHTTPClient(timeout=aiohttp.ClientTimeout(total=timeout_seconds)),
        )
        stack.push_async_callback(provider.close)
        test_mode = key.startswith(("sk_test_", "rk_test_"))
        return OpenProvider(provider, PaymentMethods(simulated=False, shows_test_cards=test_mode), None)
    webhook_secret = secrets.token_hex(32)
    bank = await stack.enter_async_context(
        SimulatedBank(
            settings.data_dir / "bank.sqlite",
            public_url=public_url,
            webhook_secret=webhook_secret,
            deliver=deliver,
        )
    )
    provider = StripeProvider(
        SIMULATED_KEY,
        webhook_secret,
        InProcessClient(bank.app, timeout_seconds=timeout_seconds),
        base_url="http://bank.invalid",
    )
    return OpenProvider(provider, PaymentMethods(simulated=True, shows_test_cards=True), bank)
