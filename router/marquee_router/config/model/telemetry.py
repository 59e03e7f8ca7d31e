"""Settings of metrics, traces and logs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from marquee_router.config.model.section import Positive, Section


class Metrics(Section):
    """Prometheus."""

    enabled: bool = True
    max_operation_names: Positive = 200
    """Further names are counted as `(other)`, so that clients cannot grow the series."""


class Telemetry(Section):
    """Traces by OpenTelemetry, sent to a collector."""

    otlp_url: Annotated[str | None, Field(pattern=r"^https?://[^/]")] = None
    """The collector (OTLP over HTTP), as `http://collector:4318`; None: traces are only propagated."""
    service_name: Annotated[str, Field(min_length=1)] = "router"
    sample_ratio: Annotated[float, Field(ge=0, le=1)] = 1.0
    """The share of the traces that begin here which are recorded."""
    accept_traceparent: bool = False
    """Continue the traces of clients, and record those that they mark as recorded: for trusted clients."""


class Logs(Section):
    """One line per event, without documents, variables or tokens."""

    format: Literal["json", "text"] = "text"
    level: Literal["debug", "info", "warning", "error"] = "info"
    requests: bool = False
    """One line per request."""
