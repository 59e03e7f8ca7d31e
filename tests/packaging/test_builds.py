"""Each folder builds a wheel and an sdist that are whole."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from email.parser import BytesParser

import pytest

from tests.packaging.distributions import PARTS, ROOT, Built, project, requirements

IMAGE_VERSION = re.compile(r"(?:marquee(?:-web)?:|ARG VERSION=|newTag: )(\d+\.\d+\.\d+)")
ASSETS = {
    "router": ["marquee_router/graphiql/index.html", "marquee_router/graphiql/graphiql.js"],
    "marquee": ["marquee/static/index.html", "marquee/static/app/app.js", "marquee/supergraph.graphql"],
    "subgraphs": ["marquee_subgraphs/notifications/messages/layout.html.jinja"],
}


@pytest.mark.parametrize("part", PARTS)
def test_a_wheel_has_the_package_its_licence_and_its_readme(built: Mapping[str, Built], part: str) -> None:
    with zipfile.ZipFile(built[part].wheel) as wheel:
        names = wheel.namelist()
        about = next(name for name in names if name.endswith(".dist-info/METADATA"))
        metadata = BytesParser().parsebytes(wheel.read(about))
    assert {f"{PARTS[part]}/py.typed", f"{PARTS[part]}/__init__.py", *ASSETS.get(part, ())} <= set(names)
    assert about.replace("METADATA", "licenses/LICENSE") in names
    assert {name.split("/")[0] for name in names} == {PARTS[part], about.split("/")[0]}
    assert (metadata["License-Expression"], metadata["Requires-Python"]) == ("MIT", ">=3.11")
    assert (ROOT / part / "README.md").read_text("utf-8").strip() in str(metadata.get_payload())
    assert (ROOT / part / "LICENSE").read_text("utf-8") == (ROOT / "LICENSE").read_text("utf-8")


@pytest.mark.parametrize("part", PARTS)
def test_an_sdist_builds_the_same_wheel(built: Mapping[str, Built], part: str) -> None:
    with zipfile.ZipFile(built[part].wheel) as one, zipfile.ZipFile(built[part].wheel_of_sdist) as other:
        assert sorted(one.namelist()) == sorted(other.namelist())
        for name in one.namelist():  # the order of lines in RECORD is that of the files
            assert sorted(one.read(name).splitlines()) == sorted(other.read(name).splitlines()), name


def test_all_parts_have_one_version_and_require_each_other_by_it() -> None:
    versions = {project(part)["version"] for part in PARTS}
    assert len(versions) == 1
    (version,) = versions
    for part in PARTS:
        ours = [requirement for requirement in requirements(part) if requirement.startswith("marquee")]
        assert [requirement for requirement in ours if not requirement.endswith(f"=={version}")] == []


def test_images_have_the_version_of_the_parts() -> None:
    version = project("marquee")["version"]
    files = [ROOT / ".env.example", ROOT / "docker-compose.yml", *(ROOT / "deploy").rglob("*")]
    texts = [
        file.read_text("utf-8")
        for file in files
        if file.suffix in (".yml", ".yaml", ".example", "") and file.is_file()
    ]
    named = [found for text in texts for found in IMAGE_VERSION.findall(text)]
    assert len(named) > 8
    assert {*named} == {version}, "`.ci/version` writes them"
