"""`@cacheControl`: how long clients and the router may keep what a subgraph says.

Only of what is the same for everybody: nothing here is for one user.
"""

from __future__ import annotations

import strawberry
from strawberry import UNSET, federation
from strawberry.schema_directive import Location


@federation.schema_directive(
    locations=[Location.OBJECT, Location.FIELD_DEFINITION],
    name="cacheControl",
    compose=True,
    import_url="https://specs.marquee.example/cacheControl/v1.0",
)
class CacheControl:
    """`max_age` is in seconds; `inherit_max_age`: as long as what it stands in."""

    max_age: int | None = strawberry.directive_field(name="maxAge", default=UNSET)
    inherit_max_age: bool | None = strawberry.directive_field(name="inheritMaxAge", default=UNSET)


def kept_for(seconds: int) -> CacheControl:
    """For everybody, so long."""
    return CacheControl(max_age=seconds)


def kept_with_parent() -> CacheControl:
    """For everybody, as long as what it stands in."""
    return CacheControl(inherit_max_age=True)
