"""`marquee bank`: the simulated bank as a process of its own."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import click

from marquee.cli.options import DATA_DIR, settings_or_fail
from marquee_router.cli.failure import fail
from marquee_router.serving.listener import PortTaken, listen

PORT = 12111


def _http_url(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    if value is not None:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise click.BadParameter("must be of the form http://HOST[:PORT]/…")
    return value


@click.command()
@click.option("--host", help="Address to listen on [MARQUEE_HOST, 127.0.0.1].")
@click.option("--port", type=int, default=PORT, show_default=True, help="Port to listen on; 0: a free one.")
@DATA_DIR
@click.option(
    "--webhook-url",
    callback=_http_url,
    help="Where to post webhooks, as http://127.0.0.1:6000/webhooks/stripe; without it none are sent.",
)
@click.option(
    "--public-url",
    callback=_http_url,
    help="Address under which people's browsers reach the bank's pages; by default where it listens.",
)
def command(
    host: str | None, port: int, data_dir: Path | None, webhook_url: str | None, public_url: str | None
) -> None:
    """Run the simulated bank alone: it speaks Stripe's API, and moves no money.

    Takes the key MARQUEE_STRIPE_KEY and signs webhooks with MARQUEE_STRIPE_WEBHOOK_SECRET; payments finds
    it by MARQUEE_STRIPE_URL=http://127.0.0.1:12111 and the same two.
    """
    settings = settings_or_fail(host=host, data_dir=data_dir)
    key, secret = settings.stripe_key, settings.stripe_webhook_secret
    wanted = {"MARQUEE_STRIPE_KEY": key, "MARQUEE_STRIPE_WEBHOOK_SECRET": secret}
    missing = [name for name, value in wanted.items() if value is None]
    if missing:
        fail(f"The bank needs {' and '.join(missing)}: the same that payments is given.")
    if settings.takes_real_money:
        fail("MARQUEE_STRIPE_KEY is a key for real cards. The simulated bank takes sk_test_… only.")
    try:
        listener = listen(settings.host, port)
    except PortTaken as error:
        fail(str(error))
    with listener:
        from marquee.bank_server import serve_bank
        from marquee_router.serving.process import run

        shown = f"[{settings.host}]" if ":" in settings.host else settings.host
        here = f"http://{shown}:{listener.getsockname()[1]}"
        run(serve_bank(settings, listener, public_url=public_url or here, webhook_url=webhook_url))
