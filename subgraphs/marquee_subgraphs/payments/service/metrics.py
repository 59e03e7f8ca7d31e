"""Gauges of the payments whose outcome is unknown, for dashboards and alerts. Changes nothing."""

from __future__ import annotations

from marquee_subgraphs.kit.telemetry import Probe, Telemetry
from marquee_subgraphs.payments.service.resources import Resources


def unknown_payments_probe(telemetry: Telemetry, resources: Resources) -> Probe:
    """Return a probe that sets the number of unknown payments and the age of the oldest."""
    count = telemetry.gauge("marquee_payments_unknown", "Payments whose outcome is not known.")
    age = telemetry.gauge(
        "marquee_payments_unknown_oldest_seconds",
        "How long the oldest of them has not changed; 0 when there is none.",
    )

    async def probe() -> None:
        async with resources.backend.database.read() as connection:
            unknown, since = await resources.store.payments.unknown(connection)
        count.set(unknown)
        age.set(0.0 if since is None else max(0.0, (resources.now() - since).total_seconds()))

    return probe
