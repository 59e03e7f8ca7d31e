"""Faults that pass by themselves; clients are asked to try again. Must never carry an address or a cause."""

from __future__ import annotations

import logging

from marquee_foundation.errors import MarqueeError


class TemporarilyUnavailable(MarqueeError):
    """A part that the answer needs cannot be reached at the moment; a later attempt may succeed."""

    code = "TEMPORARILY_UNAVAILABLE"


def passes_by(error: Exception) -> bool:
    """Return True if the error, or every error of a group, passes by itself."""
    if isinstance(error, ExceptionGroup):
        return error.split(TemporarilyUnavailable)[1] is None
    return isinstance(error, TemporarilyUnavailable)


def log_fault(logger: logging.Logger, error: Exception, message: str, *arguments: object) -> None:
    """Log a fault that the process survives: one line when it passes by itself, else with its traceback."""
    if passes_by(error):
        logger.warning(f"{message}: %s", *arguments, error)
    else:
        logger.error(message, *arguments, exc_info=error)
