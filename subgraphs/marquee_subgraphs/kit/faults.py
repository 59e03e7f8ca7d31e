"""Faults that pass by themselves, as clients may be told of them. Must never carry an address or a cause."""

from __future__ import annotations

import logging

from marquee_foundation.errors import MarqueeError


class TemporarilyUnavailable(MarqueeError):
    """A part that the answer needs cannot be reached at the moment; asking again later is right."""

    code = "TEMPORARILY_UNAVAILABLE"


def passes_by(error: Exception) -> bool:
    """Whether an error, or every one of a group, is such a fault."""
    if isinstance(error, ExceptionGroup):
        return error.split(TemporarilyUnavailable)[1] is None
    return isinstance(error, TemporarilyUnavailable)


def log_fault(logger: logging.Logger, error: Exception, message: str, *arguments: object) -> None:
    """Tell of a fault that the process survives: in a line when it passes by itself, else with its trace."""
    if passes_by(error):
        logger.warning(f"{message}: %s", *arguments, error)
    else:
        logger.error(message, *arguments, exc_info=error)
