"""`marquee verify`: every invariant about seats, money, points and documents."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from marquee.cli.options import DATA_DIR, settings_or_fail
from marquee_router.cli.failure import fail

if TYPE_CHECKING:
    from marquee_subgraphs.kit.invariants import Invariant


@click.command()
@DATA_DIR
@click.option(
    "--bank",
    metavar="PLACE",
    help="The provider's books: a bank.sqlite or its folder, or `api` to ask the provider that the settings "
    "name. Without it: the simulated bank's, wherever the settings put it.",
)
@click.option(
    "--metrics",
    "metrics_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write the outcome for Prometheus, in the format of its textfile collector.",
)
def command(data_dir: Path | None, bank: str | None, metrics_file: Path | None) -> None:
    """Check every invariant about seats, money, points and documents; exit 1 when one does not hold.

    The cinema may be running meanwhile. Reads the stores that the settings name: SQLite files, or
    PostgreSQL and MongoDB.
    """
    from marquee.verify import NoStores, verify_cinema
    from marquee_subgraphs.kit.documents import DocumentsUnavailable
    from marquee_subgraphs.payments.adapters.provider import ProviderFault

    try:
        invariants = asyncio.run(verify_cinema(settings_or_fail(data_dir=data_dir), bank))
    except (NoStores, DocumentsUnavailable) as error:
        fail(str(error))
    except ProviderFault as error:
        fail(f"The payment provider does not show its books: {error}")
    for invariant in invariants:
        click.echo(str(invariant))
    if metrics_file is not None:
        _write_metrics(metrics_file, invariants)
    broken = sum(not invariant.holds for invariant in invariants)
    if broken:
        fail(f"{broken} of {len(invariants)} invariants do not hold.", code=1)
    click.echo(f"All {len(invariants)} invariants hold.")


def _write_metrics(file: Path, invariants: Sequence[Invariant]) -> None:
    from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

    registry = CollectorRegistry()
    broken = Gauge(
        "marquee_invariant_broken", "1 when the invariant does not hold.", ("invariant",), registry=registry
    )
    for invariant in invariants:
        broken.labels(invariant.name).set(not invariant.holds)
    checked = Gauge(
        "marquee_invariants_checked_timestamp_seconds", "When they were checked last.", registry=registry
    )
    checked.set_to_current_time()
    write_to_textfile(str(file), registry)
