"""Plans as text, and how paths and conditions are written."""

from __future__ import annotations

import pytest

from marquee_router.planning.plan import Condition, Each, Path, TypeCondition
from marquee_router.planning.print_plan import print_conditions, print_path, print_plan
from tests.router.planning.examples import users


def test_a_plan_without_fetches_is_empty() -> None:
    assert print_plan(users().plan("{ __typename }")) == "QueryPlan {}"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("users", Each.ITEM, "name"), "users.@.name"),
        (("media", TypeCondition(frozenset({"Film", "Book"}))), "media|[Book,Film]"),
    ],
)
def test_a_path_has_a_sign_for_items_and_for_type_conditions(path: Path, text: str) -> None:
    assert print_path(path) == text


def test_conditions_read_as_a_boolean_expression() -> None:
    conditions = ((Condition("a", True), Condition("b", False)), (Condition("c", True),))
    assert print_conditions(conditions) == "$a and not $b or $c"
