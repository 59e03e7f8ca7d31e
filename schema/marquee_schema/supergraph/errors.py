"""The error of a supergraph that cannot be read.

SupergraphError                       SUPERGRAPH_INVALID: the text is no supergraph we can read
"""

from __future__ import annotations

from typing import ClassVar

from graphql import Node

from marquee_foundation.errors import MarqueeError


class SupergraphError(MarqueeError):
    """The supergraph cannot be read; `line` (1-based) is known when one place is to blame."""

    code: ClassVar[str] = "SUPERGRAPH_INVALID"

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message if line is None else f"line {line}: {message}")
        self.message = message
        self.line = line


def error_at(message: str, node: Node | None) -> SupergraphError:
    """An error that points at the line where `node` begins."""
    line = node.loc.start_token.line if node is not None and node.loc is not None else None
    return SupergraphError(message, line)
