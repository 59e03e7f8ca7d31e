"""GraphQL over WebSocket: `graphql-transport-ws`, and the legacy `graphql-ws` for older clients."""

from marquee_router.transport.websocket.handler import WebSocketHandler

__all__ = ["WebSocketHandler"]
