"""The event types that each subgraph consumes: the broker declares their queues before any subgraph has run.

The same as `docs/events.md` and the running subgraphs have, which a test holds together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

EVENT_QUEUES: Final[Mapping[str, frozenset[str]]] = {
    "users": frozenset(
        {
            "user.erased",
        }
    ),
    "showtimes": frozenset(
        {
            "movie.archived",
            "movie.created",
            "movie.updated",
        }
    ),
    "tickets": frozenset(
        {
            "membership.joined",
            "membership.tier_changed",
            "payment.authorized",
            "payment.captured",
            "payment.failed",
            "payment.started",
            "payment.voided",
            "refund.completed",
            "refund.failed",
            "refund.requested",
            "showtime.cancelled",
            "showtime.rescheduled",
            "showtime.scheduled",
            "user.erasure_requested",
            "voucher.issued",
        }
    ),
    "payments": frozenset(
        {
            "order.cancelled",
            "order.confirmed",
            "order.expired",
            "order.failed",
            "order.placed",
            "order.sale_refused",
            "refund.approved",
            "refund.rejected",
            "user.erasure_requested",
        }
    ),
    "notifications": frozenset(
        {
            "loyalty.points_earned",
            "membership.tier_changed",
            "movie.archived",
            "movie.created",
            "movie.updated",
            "order.cancelled",
            "order.confirmed",
            "order.expired",
            "order.failed",
            "order.placed",
            "order.sale_refused",
            "refund.completed",
            "refund.failed",
            "showtime.cancelled",
            "showtime.rescheduled",
            "ticket.reseated",
            "user.erasure_requested",
            "user.registered",
            "user.role_changed",
            "user.updated",
            "waitlist.offered",
        }
    ),
    "reviews": frozenset(
        {
            "movie.created",
            "movie.updated",
            "ticket.checked_in",
            "user.erasure_requested",
        }
    ),
    "loyalty": frozenset(
        {
            "payment.captured",
            "refund.completed",
            "showtime.cancelled",
            "showtime.rescheduled",
            "showtime.scheduled",
            "user.erasure_requested",
            "user.registered",
            "voucher.released",
            "voucher.used",
        }
    ),
    "analytics": frozenset(
        {
            "auditorium.created",
            "cinema.created",
            "movie.archived",
            "movie.created",
            "movie.updated",
            "payment.captured",
            "refund.completed",
            "review.created",
            "seats.released",
            "seats.sold",
            "showtime.cancelled",
            "showtime.rescheduled",
            "showtime.scheduled",
            "ticket.check_in_undone",
            "ticket.checked_in",
            "user.erasure_requested",
            "user.registered",
        }
    ),
}
