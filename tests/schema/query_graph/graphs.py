"""Query graphs of small subgraphs, for tests."""

from __future__ import annotations

from marquee_schema.composition import Subgraph, compose
from marquee_schema.query_graph import QueryGraph
from marquee_schema.supergraph import Supergraph, load_supergraph
from tests.schema.composition.small_graphs import link


def query_graph(**subgraphs: str) -> QueryGraph[Supergraph]:
    """The query graph of Federation 2 subgraphs, each given by its name, without the `@link`."""
    composed = compose([Subgraph(name=name, url="", sdl=link() + sdl) for name, sdl in subgraphs.items()])
    return QueryGraph(load_supergraph(composed.supergraph_sdl))
