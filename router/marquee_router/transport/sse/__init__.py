"""GraphQL over Server-Sent Events, by the `graphql-sse` protocol, in both of its modes:
https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md
"""

from marquee_router.transport.sse.framing import OperationEvents
from marquee_router.transport.sse.single_connection import SingleConnections

__all__ = ["OperationEvents", "SingleConnections"]
