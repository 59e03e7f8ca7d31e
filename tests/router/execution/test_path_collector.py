"""Objects at a path are found whatever subgraphs sent in their place."""

from __future__ import annotations

from typing import Any

import pytest

from marquee_router.execution.path_collector import compile_path, locate
from marquee_router.planning.plan import Each, Path, TypeCondition

FILMS: Path = ("media", Each.ITEM, TypeCondition(frozenset({"Film"})))


def test_a_path_leads_through_lists_to_objects_of_its_types() -> None:
    film, book = {"__typename": "Film"}, {"__typename": "Book"}
    assert compile_path(FILMS)({"media": [film, book, None, "odd"]}) == [film]


@pytest.mark.parametrize("odd", [[], {}, 7, None])
def test_a_typename_that_is_no_text_is_of_no_type(odd: Any) -> None:
    film, lie = {"__typename": "Film"}, {"__typename": odd}
    data = {"media": [lie, film]}
    assert compile_path(FILMS)(data) == [film]
    assert locate(data, (FILMS,), {id(film), id(lie)}) == {id(film): [("media", 1)]}
