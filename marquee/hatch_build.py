"""Puts the generated supergraph, a file outside this folder, into the wheel and the sdist of `marquee`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class SupergraphHook(BuildHookInterface):
    """Adds `../schema/supergraph.graphql` as `marquee/supergraph.graphql`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Change the build; an editable installation reads the generated file where it lies."""
        generated = Path(self.root, "..", "schema", "supergraph.graphql")
        # A wheel that is built from the sdist finds the file in the package already.
        if version != "editable" and generated.is_file():
            build_data["force_include"][str(generated)] = "marquee/supergraph.graphql"
