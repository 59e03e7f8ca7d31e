"""Roles and their scopes."""

from __future__ import annotations

import itertools

from marquee_subgraphs.users.domain import SCOPES, Role


def test_each_role_may_do_what_the_lesser_may() -> None:
    order = [Role.CUSTOMER, Role.BOX_OFFICE, Role.MANAGER, Role.ADMIN]
    for lesser, greater in itertools.pairwise(order):
        assert SCOPES[lesser] < SCOPES[greater]
