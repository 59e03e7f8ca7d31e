"""Rate limits: how many operations one client may run, counted in this process or by Redis in all."""

from marquee_router.security.rate_limits.limiter import RateLimiter

__all__ = ["RateLimiter"]
