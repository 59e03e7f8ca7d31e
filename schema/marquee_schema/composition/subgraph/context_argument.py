"""The argument of `@fromContext(field: "$context selection")`."""

import re

# GraphQL ignores white space, commas, byte order marks and comments between tokens.
_IGNORED = r"(?:[\s,﻿]|#[^\n\r]*(?![^\n\r]))*"
_PATTERN = re.compile(rf"{_IGNORED}\${_IGNORED}([A-Za-z_]\w*(?!\w))([\s\S]*)")


def parse_context_argument(text: object) -> tuple[str | None, str | None]:
    """The context's name and the selection; None for each that is missing."""
    match = _PATTERN.fullmatch(text) if isinstance(text, str) else None
    return (match[1], match[2]) if match else (None, None)
