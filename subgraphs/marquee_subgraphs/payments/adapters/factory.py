"""Opens the provider that the settings name: Stripe when there is a key, else the simulated bank."""

from __future__ import annotations

import secrets
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from marquee_subgraphs.kit.settings import Settings
from marquee_subgraphs.payments.adapters.methods import PaymentMethods
from marquee_subgraphs.payments.adapters.provider import PaymentProvider

if TYPE_CHECKING:
    from marquee_subgraphs.payments.adapters.simulator import SimulatedBank
    from marquee_subgraphs.payments.adapters.simulator.webhooks import Deliver
    from marquee_subgraphs.payments.adapters.stripe_provider import StripeProvider


@dataclass(frozen=True, slots=True)
class OpenProvider:
    """The provider, its payment methods, and the bank when it is simulated in this process."""

    provider: PaymentProvider
    methods: PaymentMethods
    bank: SimulatedBank | None


def open_stripe(settings: Settings, stack: AsyncExitStack, *, timeout_seconds: float) -> StripeProvider:
    """Return the client of Stripe, or of the server at `stripe_url`; `stack` closes it."""
    # Imported here, because Stripe's client takes 0.2 s to import: printing a schema does not need it.
    import aiohttp
    import stripe

    from marquee_subgraphs.payments.adapters.stripe_provider import StripeProvider

    assert settings.stripe_key is not None, "only called with a key"
    secret, url = settings.stripe_webhook_secret, settings.stripe_url
    provider = StripeProvider(
        settings.stripe_key.get_secret_value(),
        # Without a secret no webhook is believed; reconciliation finds out what is true by asking.
        secrets.token_hex(32) if secret is None else secret.get_secret_value(),
        stripe.AIOHTTPClient(timeout=aiohttp.ClientTimeout(total=timeout_seconds)),
        base_url=stripe.DEFAULT_API_BASE if url is None else url.get_secret_value().rstrip("/"),
    )
    stack.push_async_callback(provider.close)
    return provider


async def open_provider(
    settings: Settings, deliver: Deliver, stack: AsyncExitStack, *, public_url: str, timeout_seconds: float
) -> OpenProvider:
    """Return the provider; `stack` closes it. `deliver` takes the webhooks of the simulated bank."""
    if settings.stripe_key is not None:
        methods = PaymentMethods(
            simulated=False,
            shows_test_cards=not settings.takes_real_money,
            at_stripe=settings.stripe_url is None,
        )
        return OpenProvider(open_stripe(settings, stack, timeout_seconds=timeout_seconds), methods, None)
    from marquee_subgraphs.payments.adapters.in_process import InProcessClient
    from marquee_subgraphs.payments.adapters.simulator import SimulatedBank
    from marquee_subgraphs.payments.adapters.simulator.bank import SIMULATED_KEY
    from marquee_subgraphs.payments.adapters.stripe_provider import StripeProvider

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
