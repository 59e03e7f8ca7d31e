"""Which log lines of a router are written, and the ids that relate a line to its request.

Must never log a document, a variable, a header's value or a token.
"""

from __future__ import annotations

import logging
from typing import Final

from marquee_foundation.logs import log_handler
from marquee_router.config.model import Logs

_LOGGERS: Final = ("marquee_router", "marquee_foundation", "uvicorn", "asyncio", "opentelemetry")


def configure_logs(settings: Logs) -> None:
    """Send the lines of the router and of what serves it to standard error, in the chosen format."""
    handler = log_handler(settings.format, with_time=True)
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.setLevel(settings.level.upper() if name == "marquee_router" else logging.WARNING)
        logger.propagate = False
