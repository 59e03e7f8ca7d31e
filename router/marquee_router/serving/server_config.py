"""The settings with which every process of ours runs uvicorn."""

from __future__ import annotations

import logging
from typing import Any, Final

import uvicorn

from marquee_router.serving.request_heads import BoundedHeads
from marquee_router.serving.websocket import DirectSockets

_MESSAGE_BYTES: Final = 1024 * 1024
"""The largest WebSocket message, as large as a body over HTTP may be; a longer one closes its socket."""
_FAULTS_OF_CLIENTS: Final = (
    "Invalid HTTP request received",
    "Invalid UTF-8 sequence",
    "Unsupported upgrade",
    "No supported WebSocket",
)
_KEEP_ALIVE_SECONDS: Final = 75
"""Longer than a proxy keeps idle connections (nginx: 60), so that it never writes on one just closed."""


def server_config(app: Any, *, trusted_proxies: str | None = None, **options: Any) -> uvicorn.Config:
    """uvicorn's settings for `app`: no access log, our protocols, at most ten seconds to end.

    `trusted_proxies` lists the addresses and networks (comma-separated) whose `X-Forwarded-For` is believed;
    none by default, because a trusted address can claim to be any client.
    """
    logging.getLogger("uvicorn.error").addFilter(_is_a_fault_of_ours)
    return uvicorn.Config(
        app,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=trusted_proxies or "",
        log_config=None,  # its lines go where ours go
        log_level="warning",
        access_log=False,
        server_header=False,
        http=BoundedHeads,
        ws=DirectSockets,
        ws_max_size=_MESSAGE_BYTES,
        ws_per_message_deflate=False,
        ws_ping_interval=None,  # the GraphQL protocols have pings of their own
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=10,
        **options,
    )


def _is_a_fault_of_ours(record: logging.LogRecord) -> bool:
    """False for a line about input that is no HTTP: any client can cause any number of these."""
    return not record.getMessage().startswith(_FAULTS_OF_CLIENTS)
