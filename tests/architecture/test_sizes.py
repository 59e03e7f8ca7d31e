"""Files, functions and classes stay small enough to be read at once."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from tests.architecture.sources import ROOT, Source, sources

FILE_LINES: Final = 500
FUNCTION_LINES: Final = 60
ATTRIBUTES: Final = 12
"""Of one class: what its methods set on `self`. A record lists the columns or settings it stands for."""
PARAMETERS: Final = 12
"""Of one constructor."""

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def test_files_are_short() -> None:
    long = [f"{_place(each)}: {each.lines} lines" for each in sources() if each.lines > FILE_LINES]
    assert not long


def test_functions_are_short() -> None:
    long = []
    for source in _written():
        for function in _functions(source.tree):
            lines = (function.end_lineno or 0) - function.lineno + 1
            if lines > FUNCTION_LINES:
                long.append(f"{_place(source)}: {function.name} has {lines} lines")
    assert not long


def test_classes_have_few_attributes() -> None:
    wide = []
    for source in _written():
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ClassDef):
                count = len(set(_attributes(node)))
                if count > ATTRIBUTES:
                    wide.append(f"{_place(source)}: {node.name} has {count} attributes")
    assert not wide


def test_constructors_have_few_parameters() -> None:
    wide = []
    for source in _written():
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ClassDef):
                for function in _functions(node):
                    count = _parameters(function)
                    if function.name == "__init__" and count > PARAMETERS:
                        wide.append(f"{_place(source)}: {node.name} takes {count} parameters")
    assert not wide


def _written() -> Iterator[Source]:
    """Modules that are read as a design: not migrations, which only ever run once, from top to bottom."""
    return (source for source in sources() if ".migrations." not in source.module)


def _place(source: Source) -> str:
    return str(source.path.relative_to(ROOT))


def _functions(node: ast.AST) -> Iterator[_Function]:
    return (each for each in ast.walk(node) if isinstance(each, _Function))


def _parameters(function: _Function) -> int:
    """How many the caller may give: without `self`."""
    arguments = function.args
    return len(arguments.posonlyargs) + len(arguments.args) + len(arguments.kwonlyargs) - 1


def _attributes(node: ast.ClassDef) -> Iterator[str]:
    """The names that methods of the class set on `self`."""
    for function in _functions(node):
        for each in ast.walk(function):
            if (
                isinstance(each, ast.Attribute)
                and isinstance(each.ctx, ast.Store)
                and isinstance(each.value, ast.Name)
                and each.value.id == "self"
            ):
                yield each.attr
