"""Where the files of the cinema are: those in this package, and those of the checkout it is run from.

Imports nothing, so that the command line can name files before it loads anything.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

PACKAGE: Final = Path(__file__).parent
CHECKOUT: Final = PACKAGE.parents[1]
"""The repository's root, when this package runs from a checkout; otherwise a folder without meaning."""
SCHEMA: Final = CHECKOUT / "schema"
"""The folder of generated SDL, in a checkout only."""


def supergraph_file() -> Path:
    """The cinema's supergraph: the wheel's copy, or in a checkout the generated file."""
    packaged = PACKAGE / "supergraph.graphql"
    return packaged if packaged.is_file() else SCHEMA / "supergraph.graphql"


def graph_file() -> Path | None:
    """The list of the cinema's subgraphs; None outside a checkout."""
    listed = SCHEMA / "graph.yaml"
    return listed if listed.is_file() else None
