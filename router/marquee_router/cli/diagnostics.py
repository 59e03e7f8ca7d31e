"""Prints findings as compilers do: code, message, and an excerpt of the source with the place marked.

error[FIELD_TYPE_MISMATCH]: Field "User.mail" has different types …
 --> reviews.graphql (reviews):4:3
  |
4 |   mail: Int
  |   ^^^^
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Protocol

import click

_EXCERPTS_AT_MOST: Final = 4
_TOKEN: Final = re.compile(r"@?\w+|\.\.\.|.")


class Place(Protocol):
    """A place in a subgraph's SDL; line and column start at 1."""

    @property
    def subgraph(self) -> str: ...
    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


class Finding(Protocol):
    """An error or a hint."""

    @property
    def message(self) -> str: ...
    @property
    def locations(self) -> Sequence[Place]: ...


class Diagnostics:
    """Prints findings about one set of subgraphs.

    `sources` maps a subgraph's name to its SDL; `origins` to the file or address it came from.
    """

    def __init__(self, sources: Mapping[str, str], origins: Mapping[str, str]) -> None:
        self._lines = {name: sdl.splitlines() for name, sdl in sources.items()}
        self._origins = origins

    def render(self, finding: Finding, code: str, *, severity: str) -> str:
        """One finding over several lines, coloured; `severity` is `error` or `hint`."""
        colour = "red" if severity == "error" else "yellow"
        first, *rest = finding.message.splitlines() or [""]
        head = click.style(f"{severity}[{code}]", fg=colour, bold=True) + click.style(f": {first}", bold=True)
        shown = finding.locations[:_EXCERPTS_AT_MOST]
        lines = [head, *(f"  {line}" for line in rest)]
        for place in shown:
            lines += self._excerpt(place, colour)
        if len(finding.locations) > len(shown):
            lines.append(f"  … and {len(finding.locations) - len(shown)} more places")
        return "\n".join(lines)

    def _excerpt(self, place: Place, colour: str) -> Iterator[str]:
        origin = self._origins.get(place.subgraph, place.subgraph)
        named = origin if origin == place.subgraph else f"{origin} ({place.subgraph})"
        number = str(place.line)
        margin = " " * len(number)
        yield f"{margin}{_faint('-->')} {named}:{place.line}:{place.column}"
        source = self._lines.get(place.subgraph, [])
        if not 1 <= place.line <= len(source):
            return
        text = source[place.line - 1]
        before = "".join("\t" if character == "\t" else " " for character in text[: place.column - 1])
        token = _TOKEN.match(text, place.column - 1)
        marks = "^" * (token.end() - token.start() if token else 1)
        yield f"{margin} {_faint('|')}"
        yield f"{_faint(f'{number} |')} {text}"
        yield f"{margin} {_faint('|')} {before}{click.style(marks, fg=colour, bold=True)}"


def _faint(text: str) -> str:
    return click.style(text, fg="blue", bold=True)
