"""No module imports itself by way of others, not inside functions and not below `TYPE_CHECKING` either."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

import grimp
import pytest

from tests.architecture.test_subgraph_structure import NOT_YET

PACKAGES = ("marquee", "marquee_schema", "marquee_foundation", "marquee_dataloaders", "marquee_subgraphs")


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_go_one_way(package: str) -> None:
    # The graph includes imports inside functions and below `TYPE_CHECKING`: both only hide a cycle.
    graph = grimp.build_graph(package, cache_dir=None)
    for name in NOT_YET:
        for module in [each for each in graph.modules if each.startswith(f"marquee_subgraphs.{name}.")]:
            graph.remove_module(module)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(reversed(error.args[1])))
