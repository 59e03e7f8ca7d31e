"""The generated SDL files of the cinema: each subgraph's, the supergraph, the API schema."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from marquee.resources import SCHEMA, is_checkout, supergraph_file
from marquee.subgraphs import NAMES, build_subgraph
from marquee_schema.composition import Subgraph as ComposedSubgraph
from marquee_schema.composition import compose
from marquee_subgraphs.kit.clock import SystemClock
from marquee_subgraphs.kit.events import EmbeddedBroker
from marquee_subgraphs.kit.identity import IdentityVerifier
from marquee_subgraphs.kit.identity_keys import FixedKeys
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.kit.settings import load_settings


async def generate() -> Mapping[Path, str]:
    """The text that each generated file must have, by its path; of an installed wheel, the supergraph's only.

    Raises `CompositionError` when the subgraphs do not fit together.
    """
    clock = SystemClock()
    with TemporaryDirectory() as folder:
        async with await EmbeddedBroker.open(Path(folder) / "events.sqlite", clock=clock) as broker:
            settings = load_settings({}, data_dir=Path(folder))
            runtime = Runtime(
                settings=settings, clock=clock, broker=broker, identity=IdentityVerifier(FixedKeys(), clock)
            )
            subgraphs = [build_subgraph(name, runtime) for name in NAMES]
    composed = compose(
        [
            ComposedSubgraph(
                name=subgraph.name, url=f"http://127.0.0.1:{subgraph.port}/graphql", sdl=subgraph.sdl
            )
            for subgraph in subgraphs
        ]
    )
    if not is_checkout():
        return {supergraph_file(): composed.supergraph_sdl.rstrip() + "\n"}
    files = {SCHEMA / "sdl" / f"{subgraph.name}.graphql": subgraph.sdl for subgraph in subgraphs}
    files[SCHEMA / "supergraph.graphql"] = composed.supergraph_sdl
    files[SCHEMA / "api.graphql"] = composed.api_sdl
    return {path: text.rstrip() + "\n" for path, text in files.items()}
