"""`systemHealth`: the health of each subgraph, by one query through federation.

`SystemHealth` is an entity to which every subgraph adds one field of its own name. So the router asks all of
them at this moment, and the field of one that is down is null with an error of its own. Must never reveal
more of a failure than its kind.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self, cast

import strawberry
from strawberry import ID, federation

from marquee_subgraphs.kit.graphql.context import Context
from marquee_subgraphs.kit.graphql.entities import Representation
from marquee_subgraphs.kit.graphql.fields import field
from marquee_subgraphs.kit.health import Health

SCOPE_SYSTEM: Final = "system:read"
SYSTEM_ID: Final = "system"


class ServiceStatus(StrEnum):
    """Whether a service does its work."""

    READY = "READY"
    DEGRADED = "DEGRADED"
    NOT_READY = "NOT_READY"


strawberry.enum(
    ServiceStatus,
    name="ServiceStatus",
    description="DEGRADED: it does without a part that it can do without.",
)


@federation.type(shareable=True)
class PartHealth:
    """One part that a service depends on."""

    name: str
    status: str = strawberry.field(description="ok, degraded, or the kind of its failure.")


@federation.type(shareable=True)
class ServiceHealth:
    """The health of one service at this moment."""

    status: ServiceStatus
    parts: list[PartHealth]
    version: str
    since: datetime = strawberry.field(description="When this process started it.")

    @classmethod
    def of(cls, health: Health) -> Self:
        states = set(health.parts.values())
        if states <= {"ok"}:
            status = ServiceStatus.READY
        else:
            status = ServiceStatus.DEGRADED if states <= {"ok", "degraded"} else ServiceStatus.NOT_READY
        parts = [PartHealth(name=name, status=state) for name, state in sorted(health.parts.items())]
        return cls(status=status, parts=parts, version=health.version, since=health.since)


def system_health(name: str) -> type[Any]:
    """Return the type `SystemHealth` of the subgraph `name`: the key and its own field.

    Instances are made with `SYSTEM_ID` or from the router's representations.
    """

    class SystemHealth:
        """The cinema's services, each asked at this moment; null for one that does not answer."""

        id: ID

        @classmethod
        def of_reference(cls, representation: Representation) -> Self:
            return cls(id=ID(representation.text("id")))  # type: ignore[call-arg]  # the decorator below makes __init__

        @field(name=name, scopes=[SCOPE_SYSTEM])
        async def own(self, info: strawberry.Info[Context[Any], None]) -> ServiceHealth | None:
            info.context.viewer.require_scope(SCOPE_SYSTEM)
            probe = info.context.health
            return None if probe is None else ServiceHealth.of(await probe())

    return cast("type[Any]", federation.type(SystemHealth, keys=["id"]))
