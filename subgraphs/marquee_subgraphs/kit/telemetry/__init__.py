"""What a process reports about itself: its metrics, and its traces when the settings name a collector.

`Telemetry` belongs to the process, `SubgraphTelemetry` to one subgraph in it. A failure here must never
become a failure of the work that is observed.
"""

from marquee_subgraphs.kit.telemetry.process import METRICS_CONTENT_TYPE, EventListener, Probe, Telemetry
from marquee_subgraphs.kit.telemetry.span import Span
from marquee_subgraphs.kit.telemetry.store_probe import store_probe
from marquee_subgraphs.kit.telemetry.subgraph import SubgraphTelemetry

__all__ = [
    "METRICS_CONTENT_TYPE",
    "EventListener",
    "Probe",
    "Span",
    "SubgraphTelemetry",
    "Telemetry",
    "store_probe",
]
