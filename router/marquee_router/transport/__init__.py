"""Every way a client can connect: HTTP, WebSocket, SSE, multipart."""
