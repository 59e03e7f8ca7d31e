"""Every distribution, built once; an environment of marquee-router alone, and one of the whole cinema."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from tests.packaging.distributions import (
    PARTS,
    Built,
    Environment,
    build,
    install,
    lock_of,
    new_environment,
    see_installed_libraries,
)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Built]:
    """What each folder builds."""
    folder = tmp_path_factory.mktemp("built")
    with ThreadPoolExecutor() as pool:
        return dict(zip(PARTS, pool.map(partial(build, folder=folder), PARTS), strict=True))


@pytest.fixture(scope="session")
def router_alone(built: Mapping[str, Built], tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """marquee-router, and what it requires, with the lock's hashes."""
    folder = tmp_path_factory.mktemp("router")
    environment = new_environment(folder)
    (folder / "requirements.txt").write_text(lock_of("marquee-router"))
    install(environment, "--require-hashes", "-r", folder / "requirements.txt")
    ours = [built[part].wheel for part in ("foundation", "schema", "router")]
    install(environment, "--no-deps", "--no-index", *ours)
    return environment


@pytest.fixture(scope="session")
def cinema(built: Mapping[str, Built], tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """All six from their sdists' wheels, over the libraries that the tests run on."""
    environment = new_environment(tmp_path_factory.mktemp("cinema"))
    see_installed_libraries(environment)
    install(environment, "--no-deps", "--no-index", *(each.wheel_of_sdist for each in built.values()))
    return environment
