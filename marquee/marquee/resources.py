"""Where the files of the cinema are: those in this package, and those of the checkout it is run from.

Imports nothing, so that the command line can name files before it loads anything.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

PACKAGE: Final = Path(__file__).parent
STATIC: Final = PACKAGE / "static"
"""The page, its script and styles, the posters."""
EXAMPLES: Final = PACKAGE / "graphiql" / "examples.json"
"""The tabs with which GraphiQL opens."""
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
    return SCHEMA / "graph.yaml" if is_checkout() else None


def is_checkout() -> bool:
    """True when this package runs from a checkout, and not from an installed wheel."""
    return (CHECKOUT / "marquee" / "pyproject.toml").is_file()
