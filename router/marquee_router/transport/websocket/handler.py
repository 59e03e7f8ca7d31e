"""`WebSocketHandler`: opens sockets, and closes them when the process stops or their token is revoked."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import Receive, Scope, Send

from marquee_router.security.csrf import origin_may_connect
from marquee_router.security.revocations import Revocations
from marquee_router.server_interface import DIRECT_SOCKET, ClientAddress
from marquee_router.transport.service import GraphQLService
from marquee_router.transport.websocket.session import Session
from marquee_router.transport.websocket.subprotocol import CloseCode, choose


class WebSocketHandler:
    """Serves sockets."""

    def __init__(self, service: GraphQLService) -> None:
        self._service = service
        self._sessions: set[Session] = set()
        self._is_ending = False

    @property
    def sockets(self) -> int:
        """The number of open sockets."""
        return len(self._sessions)

    async def handle(self, scope: Scope, receive: Receive, send: Send, headers: Mapping[str, str]) -> None:
        """Serve one socket until it closes."""
        message = await receive()
        if message["type"] != "websocket.connect":
            return
        config = self._service.config
        if not origin_may_connect(headers, config.cors, cookies="cookie" in config.headers.propagate):
            await send({"type": "websocket.close", "code": int(CloseCode.FORBIDDEN)})
            return
        subprotocol = choose(scope.get("subprotocols") or [])
        if subprotocol is None or not config.websocket.enabled:
            await send({"type": "websocket.accept"})
            await send(
                {
                    "type": "websocket.close",
                    "code": int(CloseCode.SUBPROTOCOL_NOT_ACCEPTABLE),
                    "reason": "Subprotocol not acceptable",
                }
            )
            return
        await send({"type": "websocket.accept", "subprotocol": subprotocol.name})
        direct = scope.get("extensions", {}).get(DIRECT_SOCKET)
        address = ClientAddress.of(scope.get("client"), headers)
        session = Session(self._service, subprotocol, send, headers, address, direct)
        self._sessions.add(session)
        if self._is_ending:
            session.close(CloseCode.SERVICE_RESTART, "The server restarts")
        try:
            await session.run(receive)
        finally:
            self._sessions.discard(session)

    def close_revoked(self, revocations: Revocations) -> None:
        """Close the sockets whose token is revoked."""
        for session in tuple(self._sessions):
            identity = session.identity
            if identity is not None and revocations.is_revoked(identity.claims):
                session.close(CloseCode.FORBIDDEN, "The token was withdrawn")

    def close_all(self) -> None:
        """Ask the clients of all sockets, present and future ones, to connect elsewhere."""
        self._is_ending = True
        for session in tuple(self._sessions):
            session.close(CloseCode.SERVICE_RESTART, "The server restarts")
