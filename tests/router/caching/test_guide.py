"""`docs/guides/caching.md`: its settings are settings, and its schema does what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from marquee_router.config import load_config
from tests.router.caching.films import films
from tests.router.caching.test_cache import ask, calls
from tests.router.execution.world_transport import composed

GUIDE = (Path(__file__).parents[3] / "docs" / "guides" / "caching.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


@pytest.mark.parametrize("text", blocks("yaml"))
def test_its_settings_can_be_loaded(text: str, tmp_path: Path) -> None:
    file = tmp_path / "router.yaml"
    file.write_text(text, encoding="utf-8")
    config = load_config(file, {})
    assert config.cache.enabled == ("cache:" in text)


def test_its_schema_composes_with_the_directive() -> None:
    [schema] = blocks("graphql")
    assert "@cacheControl(maxAge: 300)" in composed({"films": schema}).sdl


async def test_a_root_type_stands_for_all_its_fields() -> None:
    graph = films({"cache": {"enabled": True}})
    assert graph.app.cache is not None
    for _ in range(2):
        await ask(graph, "{ word }")
    await graph.app.cache.invalidate("Query")
    await ask(graph, "{ word }")
    assert calls(graph)["films"] == 2
