"""Payments of which nobody knows whether the provider took them, as figures for whoever watches. Changes
nothing.
"""

from __future__ import annotations

from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.kit.database import Database
from marquee_subgraphs.kit.telemetry import Probe, Telemetry
from marquee_subgraphs.payments.store import PaymentStore


def unsettled_probe(telemetry: Telemetry, database: Database, clock: Clock) -> Probe:
    """A probe of the payments whose outcome is unknown; they are asked after until it is known."""
    store = PaymentStore()
    count = telemetry.gauge("marquee_payments_unknown", "Payments whose outcome is not known.")
    age = telemetry.gauge(
        "marquee_payments_unknown_oldest_seconds",
        "How long the oldest of them has not changed; 0 when there is none.",
    )

    async def probe() -> None:
        async with database.read() as connection:
            unknown, since = await store.unknown(connection)
        count.set(unknown)
        age.set(0.0 if since is None else max(0.0, (clock.now() - since).total_seconds()))

    return probe
