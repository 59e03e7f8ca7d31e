"""How many operations one client may run: in this process, or in all by Redis."""

from marquee_router.security.rate_limits.limiter import RateLimiter

__all__ = ["RateLimiter"]
