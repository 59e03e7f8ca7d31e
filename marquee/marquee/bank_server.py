"""Serves the simulated bank alone by uvicorn: Stripe's API, its 3-D Secure pages, its webhooks by HTTP."""

from __future__ import annotations

import socket
from contextlib import AsyncExitStack

import aiohttp
import click

from marquee_router.serving.drain import DrainingServer
from marquee_router.serving.server_config import server_config
from marquee_subgraphs.kit.settings import Settings
from marquee_subgraphs.payments.adapters.simulator import SimulatedBank
from marquee_subgraphs.payments.adapters.simulator.webhook_http import post_to


async def serve_bank(
    settings: Settings, listener: socket.socket, *, public_url: str, webhook_url: str | None
) -> None:
    """Run until a signal ends it. Books are `bank.sqlite` in the data folder; needs Stripe's key and webhook
    secret in the settings.
    """
    assert settings.stripe_key is not None, "the command asked for it"
    assert settings.stripe_webhook_secret is not None, "the command asked for it"
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        bank = await stack.enter_async_context(
            SimulatedBank(
                settings.data_dir / "bank.sqlite",
                public_url=public_url,
                webhook_secret=settings.stripe_webhook_secret.get_secret_value(),
                api_key=settings.stripe_key.get_secret_value(),
                deliver=None if webhook_url is None else post_to(webhook_url, session),
            )
        )
        await DrainingServer(
            server_config(bank.app),
            after_start=lambda: click.echo(f"The simulated bank listens on {public_url}"),
        ).serve(sockets=[listener])
