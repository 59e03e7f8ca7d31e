"""Limits of operations: nesting, size, and estimated cost."""

from marquee_router.security.limits.guard import LimitsGuard

__all__ = ["LimitsGuard"]
