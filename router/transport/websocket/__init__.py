"""GraphQL over WebSocket: `graphql-transport-ws`, and the legacy `graphql-ws` for older clients."""

from router.transport.websocket.handler import WebSocketHandler
from router.transport.websocket.outbox import DIRECT_SOCKET

__all__ = ["DIRECT_SOCKET", "WebSocketHandler"]
