"""Settings of caches: at clients, and of subgraph replies in the router."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr

from marquee_router.config.model.section import Positive, Section


class CacheControl(Section):
    """How long clients may keep the answers to queries, by `@cacheControl` in the schema: `Cache-Control`."""

    default_max_age_seconds: Annotated[int, Field(ge=0)] = 0
    """Of root fields and composite fields without `@cacheControl`."""
    from_subgraphs: bool = False
    """Never longer than the `Cache-Control` of subgraph replies allows; if each reply has one, by it
    alone."""


class CachedSubgraph(Section):
    """The cache of one subgraph's replies."""

    enabled: bool = True
    ttl_seconds: Annotated[int, Field(ge=0, le=86_400)] = 0
    """Of what has neither `@cacheControl` nor a `Cache-Control` in the reply; each user has an entry."""


class Cache(Section):
    """Keep replies of subgraphs and entities, as long as the schema and the replies allow."""

    enabled: bool = False
    max_bytes: Positive = 64 * 1024 * 1024
    """In the memory of each process; Redis has a bound of its own."""
    redis_url: SecretStr | None = None
    """Redis in which all processes keep them together; while it is down nothing is kept."""
    redis_prefix: str = "marquee-router"
    ttl_seconds: Annotated[int, Field(ge=0, le=86_400)] = 0
    """As of a subgraph, for those that are not named below."""
    subgraphs: dict[str, CachedSubgraph] = Field(default_factory=dict)
    invalidation_token: Annotated[SecretStr | None, Field(min_length=16)] = None
    """The bearer token for `/cache/invalidations`; None: that path does not exist."""

    def of(self, name: str) -> CachedSubgraph:
        """The rule for one subgraph."""
        return self.subgraphs.get(name) or CachedSubgraph(ttl_seconds=self.ttl_seconds)
