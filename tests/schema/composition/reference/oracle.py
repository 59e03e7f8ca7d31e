"""The reference composer from npm, in a process that answers line by line; and how two answers compare."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from graphql import (
    EnumTypeDefinitionNode,
    InputObjectTypeDefinitionNode,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    UnionTypeDefinitionNode,
    parse,
    print_ast,
)

from marquee_schema.composition import CompositionError, Subgraph, compose

CRASH = "CRASH"
"""In place of a code when the reference failed on a set instead of judging it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a composer says of a set; two are equal when nothing that matters differs."""

    ok: bool
    codes: frozenset[str] = frozenset()
    api: tuple[str, ...] = ()
    joins: tuple[str, ...] = ()


class Oracle:
    """One process of the reference."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            ["node", "compose.mjs"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def verdict(self, subgraphs: Sequence[Subgraph]) -> Verdict:
        """What the reference says."""
        asked = [{"name": each.name, "url": each.url, "sdl": each.sdl} for each in subgraphs]
        self._pipe(self._process.stdin).write(json.dumps(asked) + "\n")
        self._pipe(self._process.stdin).flush()
        answer: dict[str, Any] = json.loads(self._pipe(self._process.stdout).readline())
        if not answer["ok"]:
            return Verdict(False, frozenset(answer["codes"]))
        return Verdict(True, api=canonical(answer["api"]), joins=canonical(answer["supergraph"]))

    def close(self) -> None:
        """End the process."""
        self._pipe(self._process.stdin).close()
        self._process.wait()
        self._pipe(self._process.stdout).close()

    @staticmethod
    def _pipe(pipe: IO[str] | None) -> IO[str]:
        assert pipe is not None, "opened with pipes"
        return pipe


def our_verdict(subgraphs: Sequence[Subgraph]) -> Verdict:
    """What our composer says."""
    try:
        composed = compose(subgraphs)
    except CompositionError as error:
        return Verdict(False, frozenset(str(problem.code) for problem in error.errors))
    return Verdict(True, api=canonical(composed.api_sdl), joins=canonical(composed.supergraph_sdl))


def canonical(sdl: str) -> tuple[str, ...]:
    """The types of a schema without descriptions, in an order that does not depend on the composer."""
    lines: list[str] = []
    for definition in parse(sdl, no_location=True).definitions:
        name = getattr(getattr(definition, "name", None), "value", "")
        if "Directive" in type(definition).__name__ or name.startswith(("join__", "link__")):
            continue
        match definition:
            case ObjectTypeDefinitionNode() | InterfaceTypeDefinitionNode():
                children: list[Any] = [*(definition.fields or ()), *(definition.interfaces or ())]
            case InputObjectTypeDefinitionNode():
                children = list(definition.fields or ())
            case EnumTypeDefinitionNode():
                children = list(definition.values or ())
            case UnionTypeDefinitionNode():
                children = list(definition.types or ())
            case _:
                children = []
        head = f"{definition.kind} {name}"
        lines.append(head)
        lines += [f"{head} {print_ast(each)}" for each in getattr(definition, "directives", None) or ()]
        for child in children:
            directives = sorted(print_ast(each) for each in getattr(child, "directives", None) or ())
            bare = print_ast(child).partition(" @")[0]
            lines.append(f"{head} . {bare} {' '.join(directives)}")
    return tuple(sorted(" ".join(line.split()) for line in lines))
