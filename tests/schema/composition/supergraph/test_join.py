"""The values of `join__Graph`."""

import pytest

from marquee_schema.composition.supergraph.join import graph_names


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["users"], ["USERS"]),
        (["user-api.v2"], ["USER_API_V2"]),
        (["1st"], ["_1ST"]),
        (["users_1"], ["USERS_1_"]),
        (["a-b", "a_b"], ["A_B_1", "A_B_2"]),
    ],
)
def test_graphs_have_legal_names(names: list[str], expected: list[str]) -> None:
    assert list(graph_names(names).values()) == expected
