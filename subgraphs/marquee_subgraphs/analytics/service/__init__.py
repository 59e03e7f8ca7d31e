"""The use cases of analytics: one method each, one transaction each.

`sales` is what events cause, `tracking` what pages report; `reports` is for staff, and `figures` extends the
entities of other subgraphs.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from marquee_subgraphs.analytics.service.figures import Figures, SalesKey
from marquee_subgraphs.analytics.service.reports import Reports
from marquee_subgraphs.analytics.service.sales import Sales
from marquee_subgraphs.analytics.service.tracking import Tracking
from marquee_subgraphs.analytics.store import AnalyticsStore
from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.pace import Pace


@dataclass(frozen=True, slots=True)
class AnalyticsService:
    """What resolvers find as `info.context.service`."""

    reports: Reports
    figures: Figures
    tracking: Tracking
    sales: Sales

    @classmethod
    def of(
        cls, backend: Backend, store: AnalyticsStore, pace: Pace, logger: logging.Logger
    ) -> AnalyticsService:
        """Return the use cases on one backend; `pace` limits what each visitor may report."""
        return cls(
            reports=Reports(backend, store),
            figures=Figures(backend, store),
            tracking=Tracking(backend, store, pace, logger),
            sales=Sales(backend, store),
        )


__all__ = ["AnalyticsService", "SalesKey"]
