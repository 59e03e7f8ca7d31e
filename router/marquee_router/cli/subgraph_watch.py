"""Reads the subgraphs of a list: once, or again whenever one of them changes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from pathlib import Path

from watchfiles import awatch

from marquee_router.serving.subgraph_list import GraphError, Source, load_subgraphs, read_graph
from marquee_schema.composition import Subgraph


@dataclass(frozen=True, slots=True)
class LoadedGraph:
    """The subgraphs of a list, and the source of each."""

    sources: Sequence[Source]
    subgraphs: Sequence[Subgraph]

    @property
    def origins(self) -> dict[str, str]:
        """The file or address of each subgraph's SDL, by its name."""
        return {source.name: str(source.file or source.introspect) for source in self.sources}


async def load_graph(config: Path) -> LoadedGraph:
    """Read the list and every SDL. Raises `GraphError`."""
    sources = read_graph(config)
    return LoadedGraph(sources, await load_subgraphs(sources))


async def watch_graph(config: Path, poll_seconds: float) -> AsyncGenerator[LoadedGraph | GraphError]:
    """Yields the graph, and again each time that the list, a file or a running subgraph's SDL has changed.

    Running subgraphs are asked every `poll_seconds`. A `GraphError` is yielded, not raised, so that watching
    goes on while a file is being edited.
    """
    known: LoadedGraph | str | None = None
    listed = await asyncio.to_thread(config.resolve)
    while True:
        files = {listed}
        try:
            graph = await load_graph(config)
            files |= {Path(os.path.abspath(source.file)) for source in graph.sources if source.file}  # noqa: ASYNC240
            asked = any(source.introspect is not None for source in graph.sources)
            if graph != known:
                known = graph
                yield graph
        except GraphError as error:
            asked = True
            if str(error) != known:
                known = str(error)
                yield error
        await _changed(files, poll_seconds if asked else None)


async def _changed(files: set[Path], at_most: float | None) -> None:
    """Return when one of the files is written, or after `at_most` seconds."""
    folders = {file.parent for file in files if file.parent.exists()}
    try:
        async with asyncio.timeout(at_most):
            async for changes in awatch(*folders, recursive=False):
                if any(Path(path) in files for _, path in changes):
                    return
    except TimeoutError:
        return
