"""One cinema for all questions; what they use up is made for them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial

import pytest
import pytest_asyncio

from marquee_subgraphs.users import app
from marquee_subgraphs.users.service.passwords import Passwords
from tests.marquee.authorization.world import World, open_world


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    with pytest.MonkeyPatch.context() as patch:
        # Hundreds sign in here, and none of this is about the cost of a guess.
        patch.setattr(app, "Passwords", partial(Passwords, memory_kib=8, time_cost=1))
        async with open_world(tmp_path_factory.mktemp("authorization")) as opened:
            yield opened
