"""GraphQL over WebSocket: `graphql-transport-ws`, and the legacy `graphql-ws` for older clients."""

from marquee_router.transport.websocket.handler import WebSocketHandler
from marquee_router.transport.websocket.send_queue import DIRECT_SOCKET

__all__ = ["DIRECT_SOCKET", "WebSocketHandler"]
