"""The context of one GraphQL operation: viewer, loaders, clock, and the ids that connect log lines."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from marquee_dataloaders import Loaders
from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.kit.health import HealthProbe
from marquee_subgraphs.kit.identity import ANONYMOUS, Viewer

ServiceT = TypeVar("ServiceT")


@dataclass(slots=True)
class Context(Generic[ServiceT]):
    """The context of one operation. Created by the endpoint; never kept after the answer.

    A subgraph names its own type once, `Info: TypeAlias = strawberry.Info[Context[UserService], None]`, so
    that its resolvers read `info.context.service` and `info.context.viewer` with their types.
    """

    service: ServiceT
    clock: Clock
    viewer: Viewer = ANONYMOUS
    trusted: bool = False
    """True if the router signed this request; otherwise only `_service { sdl }` is answered."""
    correlation_id: str = ""
    traceparent: str | None = None
    """W3C trace context of the router's fetch."""
    client_address: str | None = None
    """The address of the client at the router, for rate limits; never for authorisation."""
    device: str | None = None
    """The name that the client gives itself, for lists of sessions."""
    health: HealthProbe | None = None
    """Asks every part of this subgraph, for `systemHealth`."""
    loaders: Loaders = field(default_factory=Loaders)
    connection_params: dict[str, Any] | None = None
    """The parameters that a WebSocket client sent in `connection_init`."""

    @property
    def trace_id(self) -> str:
        """The id under which a fault of this operation is logged."""
        parts = (self.traceparent or "").split("-")
        return parts[1] if len(parts) == 4 else self.correlation_id

    def for_operation(self) -> Context[ServiceT]:
        """Return this context with new loaders: two operations of one WebSocket must not share what they
        loaded.
        """
        return replace(self, loaders=Loaders())
