"""`python -m deploy.local`: start everything, say where it is, end it with Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
import time
from importlib.util import find_spec
from pathlib import Path

import click

from deploy.local.processes import StartFailed
from deploy.local.stack import LocalStack


@click.command()
@click.option("--port", type=int, default=8088, show_default=True, help="Port of nginx; 0 takes a free one.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where data, secrets and logs are kept; a temporary folder, removed at the end, when not given.",
)
@click.option("--no-demo", is_flag=True, help="Start empty.")
@click.option("--replicas", multiple=True, metavar="SERVICE=N", help="As tickets=2; repeat.")
def main(port: int, folder: Path | None, no_demo: bool, replicas: tuple[str, ...]) -> None:
    """Start the processes of docker-compose.yml on this machine, without containers."""
    if find_spec("aiosmtpd") is None:
        raise click.ClickException(
            "Its mail server and MongoDB come with the tests: run `./test --checks` once."
        )
    counts = {name: int(count) for name, _, count in (text.partition("=") for text in replicas)}
    stack = LocalStack(
        folder.resolve() if folder else None, demo=not no_demo, port=port or None, replicas=counts
    )
    try:
        asyncio.run(_serve(stack))
    except StartFailed as failure:
        raise click.ClickException(str(failure)) from None


async def _serve(stack: LocalStack) -> None:
    began = time.monotonic()
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    async with stack:
        click.echo(f"Marquee is open:     {stack.url}/      (after {time.monotonic() - began:.1f} s)")
        click.echo(f"GraphiQL and API:    {stack.url}/graphql")
        for process in stack.processes.values():
            if process.url:
                click.echo(f"  {process.name:<18} {process.url}")
        click.echo(f"Logs:                {stack.logs} (Ctrl-C ends)")
        await ended.wait()


if __name__ == "__main__":
    main()
