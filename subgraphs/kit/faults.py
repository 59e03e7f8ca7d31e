"""Faults that pass by themselves, as clients may be told of them. Must never carry an address or a cause."""

from __future__ import annotations


class TemporarilyUnavailable(Exception):
    """A part that the answer needs cannot be reached at the moment; asking again later is right."""

    code = "TEMPORARILY_UNAVAILABLE"
