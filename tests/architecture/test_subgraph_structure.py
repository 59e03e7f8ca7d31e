"""The nine subgraphs have the same structure: what `docs/guides/writing-a-subgraph.md` says, checked."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import marquee_subgraphs

ROOT = Path(marquee_subgraphs.__file__).parent
SUBGRAPHS = (
    "users",
    "movies",
    "showtimes",
    "tickets",
    "payments",
    "notifications",
    "reviews",
    "loyalty",
    "analytics",
)

MODULES = {
    "app",
    "schema",
    "service",
    "store",
    "tables",
    "events",
    "domain",
    "errors",
    "migrations",
    "invariants",
}
OPTIONAL = {"adapters"}
SQL_MODULES = {"store", "tables", "migrations", "invariants"}
OBSCURE_NAMES = {"hearing", "telling", "errands", "desk", "counter", "upkeep", "settling", "waiting"}
FRAMEWORKS = {
    "strawberry",
    "sqlalchemy",
    "starlette",
    "asyncio",
    "redis",
    "aio_pika",
    "motor",
    "pydantic",
    "aiohttp",
}
REGISTRATIONS = {"on", "on_outside_transaction"}
RECORD_BASES = {"PublishedEvent", "ConsumedEvent"}
BARE_VALUES = ("[str, Any]", "[str, object]")
LONGEST_FILE = 500
LONGEST_FUNCTION = 60
MOST_PARAMETERS = 6

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of a subgraph."""

    path: Path
    module: str
    """The top-level module of the subgraph that it belongs to, such as `store`."""
    tree: ast.Module

    def functions(self) -> Iterator[Function]:
        """Every function and method, nested ones too."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node

    def imports(self) -> Iterator[str]:
        """The full name of each imported module."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module is not None:
                yield node.module

    def at(self, node: ast.AST) -> str:
        """Where `node` is, for messages."""
        return f"{self.path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


def files_of(subgraph: str) -> list[SourceFile]:
    """Return every Python file of `subgraph`."""
    folder = ROOT / subgraph
    return [
        SourceFile(
            path, path.relative_to(folder).parts[0].removesuffix(".py"), ast.parse(path.read_text("utf-8"))
        )
        for path in sorted(folder.rglob("*.py"))
    ]


def test_the_list_of_subgraphs_is_complete() -> None:
    folders = {path.name for path in ROOT.iterdir() if (path / "app.py").exists()} - {"kit"}
    assert folders == set(SUBGRAPHS)


def test_the_layers_inside_a_subgraph_are_an_import_contract() -> None:
    settings = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    [layers] = [each for each in contracts if each["name"] == "inside a subgraph, imports go down"]
    assert set(layers["containers"]) == {f"marquee_subgraphs.{name}" for name in SUBGRAPHS}


@pytest.mark.parametrize("subgraph", SUBGRAPHS)
def test_a_subgraph_has_the_modules_of_every_other_and_no_more(subgraph: str) -> None:
    found = {file.module for file in files_of(subgraph)} - {"__init__"}
    assert found - OPTIONAL == MODULES


@pytest.mark.parametrize("subgraph", SUBGRAPHS)
def test_names_of_modules_say_what_they_contain(subgraph: str) -> None:
    assert [file.path for file in files_of(subgraph) if file.path.stem in OBSCURE_NAMES] == []


@pytest.mark.parametrize("subgraph", SUBGRAPHS)
def test_events_are_declared_and_handled_in_events_only(subgraph: str) -> None:
    wrong = []
    for file in files_of(subgraph):
        if file.module == "events":
            continue
        for node in ast.walk(file.tree):
            if isinstance(node, ast.Attribute) and node.attr in REGISTRATIONS:
                if ast.unparse(node.value).endswith("consumer"):
                    wrong.append(f"{file.at(node)} registers a handler")
            elif isinstance(node, ast.ClassDef) and RECORD_BASES & {ast.unparse(base) for base in node.bases}:
                wrong.append(f"{file.at(node)} declares the event {node.name}")
    assert wrong == []


@pytest.mark.parametrize("subgraph", SUBGRAPHS)
def test_events_are_published_and_read_as_records(subgraph: str) -> None:
    wrong = [
        f"{file.at(node)}: {ast.unparse(node)}"
        for file in files_of(subgraph)
        for node in ast.walk(file.tree)
        if isinstance(node, ast.Attribute)
        if ast.unparse(node).endswith(("envelope.payload", "event.payload"))
    ]
    assert wrong == []


@pytest.mark.parametrize("subgraph", SUBGRAPHS)
def test_no_event_is_a_bare_dictionary(subgraph: str) -> None:
    wrong = []
    for file in files_of(subgraph):
        if file.module == "events":
            subscripts = (node for node in ast.walk(file.tree) if isinstance(node, ast.Subscript))
            dicts = [node for node in subscripts if ast.unparse(node).endswith(BARE_VALUES)]
            keywords = [function for function in file.functions() if function.args.kwarg is not None]
            wrong += [f"{file.at(node)}: {ast.unparse(node)} is not a record" for node in dicts]
            wrong += [f"{file.at(function)}: {function.name} takes **keywords" for function in keywords]
    assert wrong == []


@pytest.mark.parametrize("subgraph", SUBGRAPHS)
def test_only_the_store_builds_sql(subgraph: str) -> None:
    wrong = [
        f"{file.path.relative_to(ROOT)} imports {name}"
        for file in files_of(subgraph)
        if file.module not in SQL_MODULES
        for name in file.imports()
        if name.partition(".")[0] == "sqlalchemy" or name.endswith(f"{subgraph}.tables")
    ]
    assert wrong == []


@pytest.mark.parametrize("subgraph", SUBGRAPHS)
def test_domain_rules_import_no_framework_and_nothing_above_them(subgraph: str) -> None:
    own = f"marquee_subgraphs.{subgraph}."
    wrong = [
        f"{file.path.relative_to(ROOT)} imports {name}"
        for file in files_of(subgraph)
        if file.module == "domain"
        for name in file.imports()
        if name.partition(".")[0] in FRAMEWORKS
        or (name.startswith(own) and not name.startswith(f"{own}domain"))
    ]
    assert wrong == []


@pytest.mark.parametrize("subgraph", SUBGRAPHS)
def test_files_and_functions_are_short(subgraph: str) -> None:
    wrong = []
    for file in files_of(subgraph):
        lines = len(file.path.read_text("utf-8").splitlines())
        if lines > LONGEST_FILE:
            wrong.append(f"{file.path.relative_to(ROOT)} has {lines} lines")
        if file.module == "migrations":
            continue  # a released migration is never edited
        for function in file.functions():
            length = (function.end_lineno or function.lineno) - function.lineno + 1
            if length > LONGEST_FUNCTION:
                wrong.append(f"{file.at(function)}: {function.name} has {length} lines")
            arguments = function.args
            given = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
            count = len([each for each in given if each.arg not in {"self", "cls"}])
            if count > MOST_PARAMETERS:
                wrong.append(f"{file.at(function)}: {function.name} has {count} parameters")
    assert wrong == []
