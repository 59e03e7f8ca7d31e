"""deploy/Dockerfile: what it copies is there, and what the Compose file names is in the image."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.packaging.distributions import PARTS

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text("utf-8")
IGNORED = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
COPIES = [line.split()[1:] for line in re.findall(r"^COPY (?!--from).*$", DOCKERFILE, re.MULTILINE)]
SOURCES = sorted({source for copy in COPIES for source in copy[:-1]})


@pytest.mark.parametrize("source", SOURCES)
def test_what_is_copied_is_in_the_context(source: str) -> None:
    assert (ROOT / source).exists()
    kept = [line.removeprefix("!") for line in IGNORED if line.startswith("!")]
    assert any(source == each or source.startswith(f"{each}/") for each in kept), (
        ".dockerignore leaves it out"
    )


def test_every_part_is_built_as_a_wheel_and_nothing_is_put_on_pythons_path() -> None:
    assert set(PARTS) <= set(SOURCES)
    built = re.findall(r"for part in ([\w ]+); do", DOCKERFILE)
    assert [set(parts.split()) for parts in built] == [set(PARTS)]
    assert "PYTHONPATH" not in DOCKERFILE


def test_files_that_compose_names_are_in_the_working_folder() -> None:
    router = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]["router"]
    named = [word for word in router["command"] if "/" in word]
    named += [router["environment"]["MARQUEE_GRAPHIQL_EXAMPLES"], router["healthcheck"]["test"][3]]
    copied = {f"{copy[-1]}{Path(source).name}" for copy in COPIES for source in copy[:-1]}
    assert set(named) <= copied
