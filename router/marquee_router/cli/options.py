"""Options that several commands share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

TRUSTED_PROXIES: Final = click.option(
    "--trusted-proxies",
    envvar="MARQUEE_TRUSTED_PROXIES",
    help="Addresses or networks, separated by commas, whose X-Forwarded-For is believed; none by default"
    " [MARQUEE_TRUSTED_PROXIES].",
)


@dataclass(frozen=True, slots=True)
class Defaults:
    """Files that commands use when none is given. A surrounding program sets them as `Context.obj`."""

    graph: Path | None = None
    """The list of subgraphs that `compose` reads."""
    supergraph: Path | None = None
    """The supergraph that `plan` reads, and that `compose` writes when it reads `graph`."""


def defaults_of(context: click.Context) -> Defaults:
    """The defaults that the surrounding program has set, if any."""
    return context.find_object(Defaults) or Defaults()
