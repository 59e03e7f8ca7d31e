"""`RateLimiter`: the rules of `rate_limits` in router.yaml, for each operation, whatever its transport.

A client is its user, when it is signed in, and its address, as the server knows it: never what a header says.
With Redis, each router allows a client an eighth of a rate by its own count, and asks Redis only beyond that.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Final

from marquee_router.config.model import Rate, RateLimits
from marquee_router.errors import RateLimited
from marquee_router.planning.plan import QueryPlan
from marquee_router.request import RequestContext

if TYPE_CHECKING:
    from marquee_foundation.rates.shared_windows import SharedWindows
    from marquee_foundation.rates.windows import WindowRate

logger = logging.getLogger("marquee_router.rate_limits")

_UNSHARED_PART: Final = 8
_ADDRESSES_REMEMBERED: Final = 10_000
_WARNINGS_AT_MOST: Final = 100
_NETWORK_OF_ONE_CLIENT: Final = 64
"""In bits. A host gets a whole /64 of IPv6, so counting each address would limit nothing."""


@dataclass(frozen=True, slots=True)
class _Rule:
    name: str
    rate: Rate
    window: WindowRate


class RateLimiter:
    """Admits operations, or raises `RateLimited`."""

    def __init__(self, settings: RateLimits, *, now: Callable[[], float] = time.monotonic) -> None:
        self._per_user = _rule("user", settings.per_user, now) if settings.per_user else None
        self._per_address = _rule("address", settings.per_address, now) if settings.per_address else None
        self._operations = {
            name: _rule(f"operation {name}", rate, now) for name, rate in settings.operations.items()
        }
        self._fields = {name: _rule(f"field {name}", rate, now) for name, rate in settings.fields.items()}
        self._exempt = tuple(ip_network(str(network)) for network in settings.exempt_addresses)
        self._network_of = lru_cache(maxsize=_ADDRESSES_REMEMBERED)(self._find_network)
        self._warned: set[str] = set()
        self._shared = _shared(settings)

    @classmethod
    def of(cls, settings: RateLimits) -> RateLimiter | None:
        """Return the limiter of these settings; None when nothing is limited."""
        if not (settings.per_user or settings.per_address or settings.operations or settings.fields):
            return None
        return cls(settings)

    async def admit(self, context: RequestContext) -> None:
        """Count an operation by its address and user, before it is prepared. Raises `RateLimited`."""
        network = self._subject(context)
        if network is None:
            return
        if self._per_address is not None and network:
            await self._hit(self._per_address, network)
        if self._per_user is not None and context.identity is not None:
            await self._hit(self._per_user, context.identity.subject)

    async def admit_operation(self, name: str | None, plan: QueryPlan, context: RequestContext) -> None:
        """Count a prepared operation by its name and its root fields. Raises `RateLimited`."""
        if not self._operations and not self._fields:
            return
        network = self._subject(context)
        if network is None:
            return
        rules = [self._operations[name]] if name in self._operations else []
        if self._fields:
            rules += self._field_rules(plan)
        identity = context.identity
        for rule in rules:
            await self._hit(rule, f"user {identity.subject}" if identity is not None else network)

    async def aclose(self) -> None:
        """Close the connections to Redis."""
        if self._shared is not None:
            await self._shared.aclose()

    def _field_rules(self, plan: QueryPlan) -> Iterable[_Rule]:
        """Yield a rule for each selection of a limited field: two aliases of `login` count twice."""
        for field in plan.response.by_type.get(plan.root_type, ()):
            rule = self._fields.get(field.name)
            if rule is not None:
                yield rule

    async def _hit(self, rule: _Rule, subject: str) -> None:
        if not rule.window.hit(subject):
            raise _refusal(rule, rule.window.retry_after_seconds(subject))
        if self._shared is not None and rule.window.used(subject) * _UNSHARED_PART > rule.rate.limit:
            seconds = await self._shared.hit(rule.window.item, rule.name, subject)
            if seconds is not None:
                raise _refusal(rule, seconds)

    def _subject(self, context: RequestContext) -> str | None:
        """Return what counts as one client: empty if it is unknown, None if it is exempt.

        An exempt address that forwards the requests of others is not exempt: it would pass on its exemption.
        Example: nginx on this machine, started without `--trusted-proxies 127.0.0.1`.
        """
        network = self._network_of(context.address)
        if network is None and context.is_behind_unknown_proxy:
            network = context.address or ""
            self._warn(network)
        return network

    def _warn(self, address: str) -> None:
        if address not in self._warned and len(self._warned) < _WARNINGS_AT_MOST:
            self._warned.add(address)
            logger.warning(
                "%s is exempt from rate limits, but forwards the requests of others and is no trusted proxy: "
                "all its clients count as one. Name it in --trusted-proxies.",
                address,
            )

    def _find_network(self, address: str | None) -> str | None:
        """Return what counts as one client: empty if it is unknown, None if it is exempt."""
        try:
            found = ip_address((address or "").partition("%")[0])
        except ValueError:
            return address or ""
        if isinstance(found, IPv6Address):
            found = found.ipv4_mapped or found
        if any(found in network for network in self._exempt):
            return None
        if isinstance(found, IPv6Address):
            return str(ip_network((found, _NETWORK_OF_ONE_CLIENT), strict=False))
        return str(found)


def _rule(name: str, rate: Rate, now: Callable[[], float]) -> _Rule:
    from marquee_foundation.rates.windows import WindowRate  # `limits` takes 0.1 s to load

    return _Rule(name, rate, WindowRate(rate.limit, rate.seconds, now=now))


def _shared(settings: RateLimits) -> SharedWindows | None:
    if settings.redis_url is None:
        return None
    from marquee_foundation.rates.shared_windows import SharedWindows  # as above

    return SharedWindows(settings.redis_url.get_secret_value(), settings.redis_prefix)


def _refusal(rule: _Rule, seconds: int) -> RateLimited:
    """Return the refusal, with the header fields of draft-ietf-httpapi-ratelimit-headers-10."""
    return RateLimited(
        f"Too many operations: try again in {seconds} s",
        extensions={"limit": rule.name, "retryAfterSeconds": seconds},
        headers={
            "retry-after": str(seconds),
            "ratelimit-policy": f'"{rule.name}";q={rule.rate.limit};w={rule.rate.seconds}',
            "ratelimit": f'"{rule.name}";r=0;t={seconds}',
        },
    )
