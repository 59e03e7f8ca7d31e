"""Which settings need a library that only an extra of `marquee-router` installs.

marquee-router[redis]       redis: rate limits, caches, ended sessions and events that several routers share
marquee-router[telemetry]   opentelemetry: export of traces
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Final

from marquee_router.config.model import RouterConfig
from marquee_router.errors import RouterMisconfigured

_LIBRARIES: Final = {"redis": "redis", "telemetry": "opentelemetry.sdk"}
"""What each extra makes importable."""


def check_extras(config: RouterConfig) -> None:
    """Raise `RouterMisconfigured` when a setting needs a library that is not installed."""
    for setting, extra in _needed(config):
        if not _is_importable(_LIBRARIES[extra]):
            raise RouterMisconfigured(f"{setting} needs: pip install 'marquee-router[{extra}]'")


def _is_importable(library: str) -> bool:
    try:
        return find_spec(library) is not None
    except ModuleNotFoundError:  # the parent package is missing
        return False


def _needed(config: RouterConfig) -> Iterator[tuple[str, str]]:
    """Each setting that is in use, and the extra that it needs."""
    if config.telemetry.otlp_url is not None:
        yield "telemetry.otlp_url", "telemetry"
    if config.rate_limits.redis_url is not None:
        yield "rate_limits.redis_url", "redis"
    if config.cache.redis_url is not None:
        yield "cache.redis_url", "redis"
    if config.authentication.ended_sessions.redis_url is not None:
        yield "authentication.ended_sessions.redis_url", "redis"
    for name in config.event_sources.brokers:
        yield f"event_sources.brokers.{name}.redis_url", "redis"
