"""The use cases of analytics, by whom they are for. Only `tracking` writes."""

from __future__ import annotations

from dataclasses import dataclass

from marquee_subgraphs.analytics.service.figures import Figures, SalesKey
from marquee_subgraphs.analytics.service.reports import Reports
from marquee_subgraphs.analytics.service.tracking import Tracking


@dataclass(frozen=True, slots=True)
class AnalyticsService:
    """What resolvers ask."""

    reports: Reports
    figures: Figures
    tracking: Tracking


__all__ = ["AnalyticsService", "Figures", "Reports", "SalesKey", "Tracking"]
