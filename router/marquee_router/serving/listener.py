"""Binds the port before anything else starts, so that a port in use is reported at once."""

from __future__ import annotations

import socket

from marquee_router.errors import RouterError


class PortTaken(RouterError):
    """The address cannot be bound; the message says what to do."""

    code = "PORT_TAKEN"


def listen(host: str, port: int) -> socket.socket:
    """Bind and listen; port 0 takes a free one. The caller closes the socket. Raises `PortTaken`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise PortTaken(
            f"Cannot listen on {host}:{port}: {reason}.\n"
            f"Choose another port with --port, or stop what uses this one."
        ) from None
    return listener
