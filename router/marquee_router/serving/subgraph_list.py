"""The subgraphs to compose: listed in a file or given as `name=url`; their SDL is read or asked for."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from marquee_router.errors import RouterError
from marquee_schema.composition import Subgraph

SDL_QUERY: Final = "query { _service { sdl } }"
TIMEOUT_SECONDS: Final = 15.0


class GraphError(RouterError, ValueError):
    """The list of subgraphs, or the SDL of one, cannot be read; the message names the entry."""

    code = "SUBGRAPH_LIST_INVALID"


@dataclass(frozen=True, slots=True)
class Source:
    """One subgraph. Its SDL is in `file`; else `introspect` is the address to ask, by default `url`."""

    name: str
    url: str
    file: Path | None = None
    introspect: str | None = None


def read_graph(path: Path) -> list[Source]:
    """Read a list of subgraphs, ours or that of Rover's `supergraph.yaml`.

        subgraphs:
          movies:
            routing_url: http://127.0.0.1:8000/graphql
            schema: { file: movies.graphql }        # or { subgraph_url: … }; nothing: asked of routing_url
          - name: users                              # the same as a list
            url: http://127.0.0.1:3000/graphql
            file: users.graphql

    Files are relative to the list. Raises `GraphError`.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise GraphError(f"{path}: cannot be read: {error}") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise GraphError(f"{path}:{line}: {error.problem or 'is not YAML'}") from None
    listed = document.get("subgraphs") if isinstance(document, Mapping) else None
    if isinstance(listed, Mapping):
        entries: list[Any] = [{"name": str(name), **(entry or {})} for name, entry in listed.items()]
    elif isinstance(listed, list):
        entries = listed
    else:
        raise GraphError(f"{path}: needs `subgraphs:`, a mapping by name or a list")
    return [_source(entry, path, index) for index, entry in enumerate(entries)]


def _source(entry: Any, path: Path, index: int) -> Source:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str):
        raise GraphError(f"{path}: subgraphs[{index}] has no name")
    name = entry["name"]
    schema = entry.get("schema") or {}
    if isinstance(schema, str):
        schema = {"file": schema}
    file = entry.get("file") or schema.get("file")
    url = str(entry.get("url") or entry.get("routing_url") or "")
    introspect = schema.get("subgraph_url") or (url if file is None else None)
    if file is None and not introspect:
        raise GraphError(f"{path}: subgraph {name} has neither a file nor a URL to ask for its schema")
    return Source(name, url, None if file is None else path.parent / file, introspect)


def parse_source(text: str) -> Source:
    """Read `name=url`. Raises `GraphError`."""
    name, separator, url = text.partition("=")
    if not separator or not name or not url.startswith(("http://", "https://")):
        raise GraphError(f"{text!r}: a subgraph is given as name=http://host:port/graphql")
    return Source(name, url, introspect=url)


async def load_subgraphs(sources: Sequence[Source]) -> list[Subgraph]:
    """Read every SDL; running subgraphs are asked concurrently. Raises `GraphError`."""
    return list(await asyncio.gather(*(_load(source) for source in sources)))


async def _load(source: Source) -> Subgraph:
    if source.file is not None:
        try:
            sdl = source.file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise GraphError(f"subgraph {source.name}: {source.file} cannot be read: {error}") from None
    else:
        sdl = await _introspect(source)
    return Subgraph(name=source.name, url=source.url, sdl=sdl)


async def _introspect(source: Source) -> str:
    import aiohttp

    assert source.introspect is not None, "a source has a file or this"
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    where = f"subgraph {source.name}: {source.introspect}"
    answer: Any = None
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.post(source.introspect, json={"query": SDL_QUERY}) as response,
        ):
            described = f"HTTP {response.status}, {response.content_type}"
            answer = await response.json(content_type=None)
        return str(answer["data"]["_service"]["sdl"])
    except TimeoutError:
        raise GraphError(f"{where} does not answer within {TIMEOUT_SECONDS:g} s") from None
    except aiohttp.ClientError as error:
        number = error.errno if isinstance(error, OSError) else None
        reason = os.strerror(number) if number else error
        raise GraphError(f"{where} cannot be reached: {reason}") from None
    except (ValueError, KeyError, TypeError):
        received = f"{described}: {_first_message(answer)}"
        raise GraphError(f"{where} does not answer `{SDL_QUERY}` as a subgraph does ({received})") from None


def _first_message(answer: Any) -> str:
    try:
        return str(answer["errors"][0]["message"])
    except (KeyError, IndexError, TypeError):
        return "no schema" if isinstance(answer, dict) else "no JSON object"
