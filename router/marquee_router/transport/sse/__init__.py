"""GraphQL over Server-Sent Events, by the `graphql-sse` protocol: distinct connections, and one for all."""

from marquee_router.transport.sse.framing import OperationEvents
from marquee_router.transport.sse.single_connection import SingleConnections

__all__ = ["OperationEvents", "SingleConnections"]
