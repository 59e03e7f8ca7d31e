"""The composer: subgraphs in, supergraph out, by the rules of Apollo Federation 2.

    from marquee_schema.composition import CompositionError, Subgraph, compose

    composition = compose([Subgraph(name="movies", url="http://movies/graphql", sdl=...), ...])

Pure: reads no file, opens no connection. To find the rule behind an error code, search this package for the
code: the module that reports it names it in its docstring.
"""

from marquee_schema.composition.composer import Composition, compose
from marquee_schema.composition.errors import CompositionError, ErrorCode, Location, Problem
from marquee_schema.composition.hints import Hint, HintCode, HintLevel
from marquee_schema.composition.subgraph.reader import Subgraph
from marquee_schema.composition.supergraph.contract import Contract

__all__ = [
    "Composition",
    "CompositionError",
    "Contract",
    "ErrorCode",
    "Hint",
    "HintCode",
    "HintLevel",
    "Location",
    "Problem",
    "Subgraph",
    "compose",
]
