"""The use cases of analytics, by whom they are for. Only `tracking` writes."""

from __future__ import annotations

from dataclasses import dataclass

from subgraphs.analytics.service.figures import Figures, SalesKey
from subgraphs.analytics.service.reports import Reports
from subgraphs.analytics.service.tracking import Tracking


@dataclass(frozen=True, slots=True)
class AnalyticsService:
    """What resolvers ask."""

    reports: Reports
    figures: Figures
    tracking: Tracking


__all__ = ["AnalyticsService", "Figures", "Reports", "SalesKey", "Tracking"]
