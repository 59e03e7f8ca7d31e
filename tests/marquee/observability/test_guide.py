"""The guide's tables of metrics are what a process of the cinema registers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prometheus_client.metrics_core import Metric

from marquee.business_metrics import count_business
from marquee_router import create_app
from marquee_router.app import Extras
from marquee_subgraphs.kit.telemetry import Telemetry
from marquee_subgraphs.payments.service.metrics import unknown_payments_probe
from tests.marquee.running import ROOT

GUIDE = ROOT / "docs" / "guides" / "observability.md"
FROM_VERIFY = {"marquee_invariant_broken", "marquee_invariants_checked_timestamp_seconds"}


def exposed(metric: Metric) -> str:
    """The name that is queried, without the suffixes of a histogram."""
    return f"{metric.name}_total" if metric.type == "counter" else metric.name


def registered() -> Iterator[Metric]:
    """Every metric of a process in which the whole cinema runs."""
    telemetry = Telemetry()
    count_business(telemetry)
    unknown_payments_probe(telemetry, None)  # type: ignore[arg-type]  # its gauges are all that is asked for
    create_app(
        (ROOT / "schema" / "supergraph.graphql").read_text(), extras=Extras(registry=telemetry.registry)
    )
    yield from telemetry.registry.collect()


def row(metric: Metric) -> str:
    return f"| `{exposed(metric)}` | {metric.type} | {metric.documentation} |"


def test_every_metric_is_in_the_guide_and_no_other() -> None:
    found = {line for line in GUIDE.read_text().splitlines() if re.match(r"\| `(marquee|router)_", line)}
    told = {line for line in found if not any(f"`{name}`" in line for name in FROM_VERIFY)}
    assert told == {row(metric) for metric in registered()}
    assert len(found) == len(told) + len(FROM_VERIFY)
