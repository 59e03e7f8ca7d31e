"""What one GraphQL operation carries: who asks, its loaders, its clock, the ids that tie logs together."""

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
    """The life of one operation. Made by the endpoint; never kept after the answer.

    A subgraph names its own once, `Info: TypeAlias = strawberry.Info[Context[UserService], None]`, and its
    resolvers read `info.context.service` and `info.context.viewer` with their types known.
    """

    service: ServiceT
    clock: Clock
    viewer: Viewer = ANONYMOUS
    trusted: bool = False
    """True when the router signed this request; else only `_service { sdl }` is answered."""
    correlation_id: str = ""
    traceparent: str | None = None
    """W3C trace context of the router's fetch."""
    client_address: str | None = None
    """The address of the client at the router, for throttling; never for authorisation."""
    device: str | None = None
    """What the client calls itself, for lists of sessions."""
    health: HealthProbe | None = None
    """Asks how this subgraph is, for `systemHealth`."""
    loaders: Loaders = field(default_factory=Loaders)
    connection_params: dict[str, Any] | None = None
    """What a WebSocket client sent in `connection_init`."""

    @property
    def trace_id(self) -> str:
        """The id under which a fault of this operation is logged."""
        parts = (self.traceparent or "").split("-")
        return parts[1] if len(parts) == 4 else self.correlation_id

    def for_operation(self) -> Context[ServiceT]:
        """The same context with loaders of its own: operations of one WebSocket share nothing they loaded."""
        return replace(self, loaders=Loaders())
