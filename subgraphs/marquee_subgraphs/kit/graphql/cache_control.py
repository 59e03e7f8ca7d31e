"""`@cacheControl`: how long clients and the router may keep an answer.

Only for answers that are the same for everybody: nothing here may depend on the viewer.
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
    """`max_age` is in seconds. `inherit_max_age` means as long as the object around it."""

    max_age: int | None = strawberry.directive_field(name="maxAge", default=UNSET)
    inherit_max_age: bool | None = strawberry.directive_field(name="inheritMaxAge", default=UNSET)


def kept_for(seconds: int) -> CacheControl:
    """Return the directive of a field that may be kept for so many seconds."""
    return CacheControl(max_age=seconds)


def kept_with_parent() -> CacheControl:
    """Return the directive of a field that may be kept as long as the object around it."""
    return CacheControl(inherit_max_age=True)
