"""Refuses a document before it is parsed: too many brackets, or nested too deeply for a recursive parser.

It takes time linear in the text. Must never run a pattern that can backtrack: each one uses possessive
quantifiers.
"""

from __future__ import annotations

import re

from marquee_router.config.model import Limits
from marquee_router.errors import LimitExceeded

_OPAQUE = re.compile(r'"""(?:[^"\\]|\\"""|\\|"(?!""))*+(?:""")?+|"(?:[^"\\\n\r]|\\.)*+"?+|#[^\n\r]*+')
"""Block strings, strings and comments, closed or not: brackets inside them are text."""
_IN_PARENTHESES = re.compile(r"\([^()]*+\)")
_BRACKETS = re.compile(r"[^{}\[\]()]++")

NESTING_BEYOND_FIELDS = 32
"""Levels of lists, objects and arguments allowed beside those of selection sets."""


def check_text(text: str, limits: Limits) -> None:
    """Raise `LimitExceeded` for a text that exceeds a limit."""
    # First a bound that counts brackets in strings and comments too: it is cheap, and nearly every text
    # passes.
    brackets = sum(map(text.count, "{}[]()"))
    if brackets > limits.max_tokens:
        brackets = len(_structure(text))
        if brackets > limits.max_tokens:
            raise LimitExceeded(
                f"The document has more than {limits.max_tokens} tokens",
                extensions={"limit": "max_tokens"},
            )
    allowed = limits.max_depth + NESTING_BEYOND_FIELDS
    if brackets > 2 * allowed and _nesting(_structure(text)) > allowed:
        raise LimitExceeded("The document is nested too deeply", extensions={"limit": "max_depth"})

    if text.count(":") > limits.max_aliases and _aliases(text) > limits.max_aliases:
        raise LimitExceeded(
            f"The document has more than {limits.max_aliases} aliases", extensions={"limit": "max_aliases"}
        )


def _aliases(text: str) -> int:
    """The number of colons outside parentheses: each is an alias.

    Parentheses nest in variable definitions only (`query ($a: T = [f(x: 1)])`), one level: hence two passes.
    """
    return _IN_PARENTHESES.sub("", _IN_PARENTHESES.sub("", _OPAQUE.sub("", text))).count(":")


def _structure(text: str) -> str:
    """The brackets of the text, in order."""
    return _BRACKETS.sub("", _OPAQUE.sub("", text))


def _nesting(brackets: str) -> int:
    """The deepest level, whatever the kinds of brackets."""
    depth = deepest = 0
    for bracket in brackets:
        if bracket in "{[(":
            depth += 1
            if depth > deepest:
                deepest = depth
        else:
            depth -= 1
    return deepest
