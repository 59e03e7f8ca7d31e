"""What no operation may exceed: nesting, size, and estimated cost."""

from router.security.limits.guard import LimitsGuard

__all__ = ["LimitsGuard"]
