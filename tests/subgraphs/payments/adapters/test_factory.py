"""Which provider the settings open, and which cards are offered there."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from marquee_subgraphs.kit.settings import load_settings
from marquee_subgraphs.payments.adapters.factory import open_provider

OWN_CARDS = {"pm_card_timeout", "pm_card_captureFails", "pm_card_refundFails"}
SECRET = {"stripe_webhook_secret": "whsec_1"}


@pytest.mark.parametrize(
    ("given", "simulated_here", "offers_visa", "offers_own"),
    [
        ({}, True, True, True),
        ({"stripe_key": "sk_test_1", "stripe_url": "http://127.0.0.1:1"}, False, True, True),
        ({"stripe_key": "sk_test_1"}, False, True, False),
        ({"stripe_key": "sk_live_1", **SECRET}, False, False, False),
        ({"stripe_key": "rk_live_1", **SECRET}, False, False, False),
    ],
)
async def test_the_settings_say_who_is_paid_by(
    tmp_path: Path, given: dict[str, str], simulated_here: bool, offers_visa: bool, offers_own: bool
) -> None:
    async def deliver(_: bytes, __: str) -> int:
        return 200

    async with AsyncExitStack() as stack:
        opened = await open_provider(
            load_settings({}, data_dir=tmp_path, **given),
            deliver,
            stack,
            public_url="http://cinema.test",
            timeout_seconds=1,
        )
        offered = {method.id for method in opened.methods.offered()}
        assert (opened.bank is not None) is simulated_here
        assert ("pm_card_visa" in offered) is offers_visa
        assert (offered >= OWN_CARDS) is offers_own
        assert opened.methods.knows("pm_1ABC") is not simulated_here
        assert not opened.methods.knows("tok_visa")
