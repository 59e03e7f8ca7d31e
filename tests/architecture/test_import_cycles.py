"""No module imports itself by a detour: not within a function either, nor behind `TYPE_CHECKING`.

Import Linter's contracts look at packages and at imports that run; this looks at every import statement.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from tests.architecture.sources import Source, sources

Graph = Mapping[str, frozenset[str]]


def test_no_module_imports_itself_by_a_detour() -> None:
    known = {source.module for source in sources()}
    graph = {source.module: frozenset(imported_modules(source, known)) for source in sources()}
    found = set(cycles(graph))
    assert not found, "\n".join(" <-> ".join(sorted(cycle)) for cycle in sorted(found, key=sorted))


def test_cycles_are_found() -> None:
    graph = {
        "a": frozenset("b"),
        "b": frozenset("c"),
        "c": frozenset("a"),
        "d": frozenset("a"),
        "e": frozenset("f"),
        "f": frozenset("e"),
    }
    assert set(cycles(graph)) == {frozenset("abc"), frozenset("ef")}


def imported_modules(source: Source, known: set[str]) -> Iterator[str]:
    """The modules that any import statement of `source` names, without itself."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(source, node)
            # `from package import name` imports the submodule `name` if there is one.
            names = [
                submodule if (submodule := f"{base}.{alias.name}") in known else base for alias in node.names
            ]
        else:
            continue
        yield from (name for name in names if name in known and name != source.module)


def _absolute(source: Source, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = source.module.split(".")[: None if source.is_package else -1]
    parent = package[: len(package) - (node.level - 1)]
    return ".".join([*parent, *([node.module] if node.module else [])])


def cycles(graph: Graph) -> Iterator[frozenset[str]]:
    """The sets of modules that import each other (strongly connected components of more than one)."""
    remaining = dict(graph)
    while (cycle := _some_cycle(remaining)) is not None:
        component = _component(remaining, cycle)
        yield component
        for module in component:
            del remaining[module]


def _some_cycle(graph: Graph) -> str | None:
    """A module on some cycle."""
    sorter = TopologicalSorter(
        {module: [name for name in imported if name in graph] for module, imported in graph.items()}
    )
    try:
        sorter.prepare()
    except CycleError as error:
        module: str = error.args[1][0]
        return module
    return None


def _component(graph: Graph, module: str) -> frozenset[str]:
    """The modules that `module` reaches and that reach it."""
    backwards: dict[str, set[str]] = {}
    for importer, imported in graph.items():
        for name in imported:
            backwards.setdefault(name, set()).add(importer)
    return frozenset(_reached(graph, module) & _reached(backwards, module))


def _reached(graph: Mapping[str, frozenset[str] | set[str]], start: str) -> set[str]:
    reached, pending = {start}, [start]
    while pending:
        for name in graph.get(pending.pop(), ()):
            if name in graph and name not in reached:
                reached.add(name)
                pending.append(name)
    return reached
